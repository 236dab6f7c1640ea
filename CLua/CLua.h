// The parts of Lua 5.4 that this project uses, from the system's own headers.
#ifndef CLUA_H
#define CLUA_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#endif
