"""A comparison as text: every format is written from the same table of texts, so that none of them can say another thing."""
