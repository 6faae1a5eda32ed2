"""The GifLab deployment checklist, automated."""
