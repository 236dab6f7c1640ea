// (empty for now)
