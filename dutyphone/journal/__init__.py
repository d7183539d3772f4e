"""Facts, their JSON form, and the hash chain that binds them. Pure."""
