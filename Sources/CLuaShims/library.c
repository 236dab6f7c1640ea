// Which names a script sees. Sandboxed: the allow-list below, copied into fresh tables. Trusted: the full standard
// library. Both get the wrapped functions of the other library files.
#include <string.h>

#include "luahost.h"

typedef struct {
    const char *library;  ///< NULL: global functions
    const char *names[24];
} allowed_names;

static const allowed_names allow_list[] = {
    {NULL, {"_VERSION", "assert", "error", "getmetatable", "ipairs", "next", "pairs", "rawequal", "rawget", "rawlen",
               "select", "tonumber", "tostring", "type"}},
    {"string", {"byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "pack", "packsize", "rep",
                   "reverse", "sub", "unpack", "upper"}},
    {"table", {"concat", "insert", "move", "pack", "remove", "sort", "unpack"}},
    {"math", {"abs", "acos", "asin", "atan", "ceil", "cos", "deg", "exp", "floor", "fmod", "huge", "log", "max",
                 "maxinteger", "min", "mininteger", "modf", "pi", "rad", "sin", "sqrt", "tan", "tointeger", "type"}},
    {"math", {"ult"}},
    {"utf8", {"char", "charpattern", "codepoint", "codes", "len", "offset"}},
    {"coroutine", {"create", "isyieldable", "running", "status", "yield"}},
    {"os", {"clock", "date", "difftime", "time"}},
    {"debug", {"traceback"}},
};

static const luaL_Reg standard_libraries[] = {
    {LUA_GNAME, luaopen_base},         {LUA_STRLIBNAME, luaopen_string},   {LUA_TABLIBNAME, luaopen_table},
    {LUA_MATHLIBNAME, luaopen_math},   {LUA_UTF8LIBNAME, luaopen_utf8},    {LUA_COLIBNAME, luaopen_coroutine},
    {LUA_OSLIBNAME, luaopen_os},       {LUA_DBLIBNAME, luaopen_debug},
};

/// Pushes the field `library` of the table at `globals`, made when absent; or that table itself for NULL.
static void push_library(lua_State *L, int globals, const char *library) {
    if (library == NULL) {
        lua_pushvalue(L, globals);
        return;
    }
    lua_pushstring(L, library);
    if (lua_rawget(L, globals) == LUA_TTABLE) return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushstring(L, library);
    lua_pushvalue(L, -2);
    lua_rawset(L, globals);
}

static void open_sandboxed(lua_State *L) {
    for (size_t i = 0; i < sizeof standard_libraries / sizeof *standard_libraries; i++) {
        luaL_requiref(L, standard_libraries[i].name, standard_libraries[i].func, 1);
        lua_pop(L, 1);
    }
    lua_pushglobaltable(L);
    int full = lua_gettop(L);
    lua_newtable(L);
    int globals = lua_gettop(L);
    for (size_t i = 0; i < sizeof allow_list / sizeof *allow_list; i++) {
        push_library(L, full, allow_list[i].library);
        push_library(L, globals, allow_list[i].library);
        for (const char *const *name = allow_list[i].names; *name != NULL; name++) {
            lua_pushstring(L, *name);
            lua_pushstring(L, *name);
            lua_rawget(L, -4);
            lua_rawset(L, -3);
        }
        lua_pop(L, 2);
    }
    lua_pushvalue(L, globals);
    lua_setfield(L, globals, LUA_GNAME);
    lua_pushvalue(L, globals);
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);

    // The table of loaded modules, which tracebacks search for names, holds the pruned tables only.
    lua_newtable(L);
    for (size_t i = 0; i < sizeof standard_libraries / sizeof *standard_libraries; i++) {
        lua_getfield(L, globals, standard_libraries[i].name);
        lua_setfield(L, -2, standard_libraries[i].name);
    }
    lua_setfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);

    // Methods of strings come from the pruned table, and their metatable is out of reach. It stays the library's own, since
    // its other fields are what makes "10" + 1 a number.
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_getfield(L, globals, LUA_STRLIBNAME);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_settop(L, full - 1);
}

void luahost_open_library(lua_State *L) {
    bool trusted = host_of(L)->trusted;
    if (trusted) luaL_openlibs(L);
    else open_sandboxed(L);
    luahost_add_base(L, trusted);
    luahost_add_require(L, trusted);
    luahost_add_coroutine(L, trusted);
    if (!trusted) luahost_add_bounded(L);
    luahost_add_random(L);
    luahost_add_pairs(L);
    if (!trusted) luahost_add_absent(L);
}
