"""Reports as one HTML file that needs nothing else: no network, no server, no other file.

The `.html` files are jinja2 templates with automatic escaping, `style.css` and the `.js` files the page's own style and script;
they are copied into the file, plotly's script with them. A policy in the head lets the browser run these two scripts only, and
load nothing. Of several reports the page opens on a summary; the rest of it, plotly included, is packed until it is looked at.
"""
