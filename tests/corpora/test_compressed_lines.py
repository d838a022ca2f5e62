import gzip

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from saegeo_core import SaegeoError
from saegeo_core.corpora.compressed_lines import CHUNK, _zstandard_chunks, read_lines, read_text


def zstd_of_two_frames(content):
    half = len(content) // 2
    return zstandard.compress(content[:half]) + zstandard.compress(content[half:])


WRITERS = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}
CONTENT = b"".join(b"line %d of a file that is not so short\n" % number for number in range(5000))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("lines")


@given(content=st.binary(max_size=200), suffix=st.sampled_from(list(WRITERS)))
@settings(max_examples=60)
def test_lines_are_those_of_the_unpacked_file(folder, content, suffix):
    path = folder / f"file{suffix}"
    path.write_bytes(WRITERS[suffix](content))
    lines = content.split(b"\n")
    assert list(read_lines(path)) == (lines if lines[-1] else lines[:-1])


@pytest.mark.parametrize("suffix", WRITERS)
def test_lines_longer_than_a_chunk_stay_whole(folder, suffix):
    lines = [b"a" * (3 * CHUNK + 7), b"b" * (CHUNK - 1), b"c" * CHUNK, b""]
    path = folder / f"long{suffix}"
    path.write_bytes(WRITERS[suffix](b"\n".join(lines)))
    assert list(read_lines(path)) == lines[:-1]


def test_frames_one_behind_the_other_are_all_read(folder):
    path = folder / "two.zst"
    path.write_bytes(zstd_of_two_frames(CONTENT))
    assert b"\n".join(read_lines(path)) + b"\n" == CONTENT


@pytest.mark.parametrize(
    ("suffix", "writer"), [(".gz", gzip.compress), (".zst", zstandard.compress), (".zst", zstd_of_two_frames)]
)
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.97])
def test_a_file_cut_short_never_passes_for_a_whole_one(folder, suffix, writer, kept):
    packed = writer(CONTENT)
    path = folder / f"cut{suffix}"
    path.write_bytes(packed[: int(kept * len(packed))])
    with pytest.raises(SaegeoError, match=rf"cut\{suffix} cannot be read after line \d+(.|\n)*cut short"):
        list(read_lines(path))
    with pytest.raises(SaegeoError, match="cannot be read"):
        read_text(path)


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_file_that_is_not_packed_as_its_name_says(folder, suffix):
    path = folder / f"plain{suffix}"
    path.write_bytes(CONTENT)
    with pytest.raises(SaegeoError, match="cannot be read after line 0"):
        list(read_lines(path))


def test_a_file_that_is_not_there(folder):
    with pytest.raises(SaegeoError, match="No such file"):
        list(read_lines(folder / "nothing"))


def test_text_has_one_kind_of_line_ends_and_no_mark(folder):
    path = folder / "text.txt"
    path.write_bytes("\ufeffone\r\ntwö\n".encode())
    assert read_text(path) == "one\ntwö\n"
    path.write_bytes(b"caf\xe9")
    with pytest.raises(SaegeoError, match="not UTF-8"):
        read_text(path)


def test_what_inflates_without_end_is_unpacked_in_pieces(tmp_path):
    """Four bytes of a frame may stand for 128 KiB: 64 MiB of one line were in memory before the first look at their size."""
    packing = zstandard.ZstdCompressor(level=1).compressobj()
    frame = b"".join([*(packing.compress(bytes(1 << 20)) for _ in range(64)), packing.flush()])
    assert len(frame) < CHUNK
    with (tmp_path / "a.zst").open("wb+") as file:
        file.write(frame)
        file.seek(0)
        assert max(map(len, _zstandard_chunks(file))) <= 32 << 20
