"""Reports as one HTML file that needs nothing else: no network, no server, no other file.

The `.html` files are jinja2 templates with automatic escaping, `style.css` and `page.js` the page's own style and script; they
are copied into the file, plotly's script with them. A policy in the head lets the browser run these two scripts only, and load
nothing.
"""
