"""The web app's built files, served from memory by the same process: pages, assets, and the headers that guard them."""
