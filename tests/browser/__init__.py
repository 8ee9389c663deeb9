"""Pages in a real Chromium (浏览器测试)."""
