print("rledit-lua")
