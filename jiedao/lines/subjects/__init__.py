"""Rights of subjects (个人信息权利): what is kept of a resident, found, copied, corrected, deleted; and what goes by itself."""
