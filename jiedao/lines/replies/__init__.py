"""Reply templates and drafts (答复): what helps to write a reply, and what is half written."""
