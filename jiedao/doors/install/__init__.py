"""Installing (安装与升级): what lies where on a server, what is written there, and the change from release to release."""
