// Names of the standard library that sandboxed scripts do not have, and names that other versions of Lua have. Reading one
// gives nil, so that portable code can ask first (`if io then`, `unpack or table.unpack`). The place of the read is
// remembered, so that the error of a script that uses that nil can say why it is nil.
#include <stdio.h>
#include <string.h>

#include "luahost.h"

#define WITHHELD "not available in the sandbox; --trust runs a script without it"
#define NOT_IN_5_4 "Lua 5.4 does not have it"

static const luahost_absent_name absent_names[] = {
    {NULL, "io", WITHHELD}, {NULL, "dofile", WITHHELD}, {NULL, "loadfile", WITHHELD},
    {"os", "execute", WITHHELD}, {"os", "exit", WITHHELD}, {"os", "getenv", WITHHELD}, {"os", "remove", WITHHELD},
    {"os", "rename", WITHHELD}, {"os", "setlocale", WITHHELD}, {"os", "tmpname", WITHHELD},
    {"debug", "debug", WITHHELD}, {"debug", "gethook", WITHHELD}, {"debug", "getinfo", WITHHELD},
    {"debug", "getlocal", WITHHELD}, {"debug", "getmetatable", WITHHELD}, {"debug", "getregistry", WITHHELD},
    {"debug", "getupvalue", WITHHELD}, {"debug", "getuservalue", WITHHELD}, {"debug", "setcstacklimit", WITHHELD},
    {"debug", "sethook", WITHHELD}, {"debug", "setlocal", WITHHELD}, {"debug", "setmetatable", WITHHELD},
    {"debug", "setupvalue", WITHHELD}, {"debug", "setuservalue", WITHHELD}, {"debug", "upvalueid", WITHHELD},
    {"debug", "upvaluejoin", WITHHELD},
    {"package", "loadlib", WITHHELD}, {"package", "searchers", WITHHELD}, {"package", "searchpath", WITHHELD},
    {"string", "dump", WITHHELD},

    {NULL, "bit", "Lua 5.4 has the operators & | ~ << >>"}, {NULL, "bit32", "Lua 5.4 has the operators & | ~ << >>"},
    {NULL, "gcinfo", "Lua 5.4 has collectgarbage('count')"}, {NULL, "getfenv", "Lua 5.4 has _ENV"},
    {NULL, "jit", NOT_IN_5_4}, {NULL, "loadstring", "Lua 5.4 has load"},
    {NULL, "module", "a module of Lua 5.4 returns a table"},
    {NULL, "newproxy", NOT_IN_5_4}, {NULL, "setfenv", "Lua 5.4 has _ENV and the fourth argument of load"},
    {NULL, "unpack", "Lua 5.4 has table.unpack"},
    {"debug", "getfenv", NOT_IN_5_4}, {"debug", "setfenv", NOT_IN_5_4},
    {"math", "atan2", "Lua 5.4 has math.atan(y, x)"}, {"math", "cosh", NOT_IN_5_4}, {"math", "frexp", NOT_IN_5_4},
    {"math", "ldexp", "Lua 5.4 has x * 2.0 ^ e"},
    {"math", "log10", "Lua 5.4 has math.log(x, 10)"}, {"math", "mod", "Lua 5.4 has math.fmod"},
    {"math", "pow", "Lua 5.4 has x ^ y"}, {"math", "sinh", NOT_IN_5_4}, {"math", "tanh", NOT_IN_5_4},
    {"package", "loaders", WITHHELD}, {"package", "seeall", "a module of Lua 5.4 returns a table"},
    {"string", "gfind", "Lua 5.4 has string.gmatch"},
    {"table", "foreach", "Lua 5.4 has pairs"}, {"table", "foreachi", "Lua 5.4 has ipairs"},
    {"table", "getn", "Lua 5.4 has #t"}, {"table", "maxn", NOT_IN_5_4}, {"table", "setn", NOT_IN_5_4},
};

static const luahost_absent_name *find_absent(const char *library, const char *name) {
    for (size_t i = 0; i < sizeof absent_names / sizeof *absent_names; i++) {
        const luahost_absent_name *absent = &absent_names[i];
        bool same = library == NULL ? absent->library == NULL
                                    : absent->library != NULL && strcmp(absent->library, library) == 0;
        if (same && strcmp(absent->name, name) == 0) return absent;
    }
    return NULL;
}

// MARK: Reading

/// The innermost line of a script from `level` on.
static bool find_line(lua_State *L, int level, lua_Debug *record) {
    for (; lua_getstack(L, level, record); level++) {
        lua_getinfo(L, "Sl", record);
        if (record->currentline > 0) return true;
    }
    return false;
}

static void remember_read(lua_State *L, const luahost_absent_name *absent) {
    luahost *host = host_of(L);
    lua_Debug record;
    if (!find_line(L, 1, &record)) return;
    uint32_t kept = host->absent_read_count < ABSENT_READS ? host->absent_read_count : ABSENT_READS;
    for (uint32_t i = 0; i < kept; i++) {
        const luahost_absent_read *read = &host->absent_reads[i];
        if (read->absent == absent && read->source == record.source && read->line == record.currentline) return;
    }
    host->absent_reads[host->absent_read_count++ % ABSENT_READS] =
        (luahost_absent_read){absent, record.source, record.currentline};
}

/// Address of the registry's set of sources of modules.
static const char modules_key;

void luahost_mark_module(lua_State *L, int index) {
    lua_Debug record;
    lua_pushvalue(L, index);
    lua_getinfo(L, ">S", &record);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &modules_key) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &modules_key);
    }
    lua_pushstring(L, record.source);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

/// Whether the innermost function of a file is a module's. Text given to `load` belongs to the file that loads it.
static bool runs_module(lua_State *L) {
    lua_Debug record;
    for (int level = 1; lua_getstack(L, level, &record); level++) {
        lua_getinfo(L, "S", &record);
        bool is_file = record.source[0] == '@'
            || (record.source[0] == '=' && record.source[1] != '[' && record.source[1] != '(');
        if (*record.what == 'C' || !is_file) continue;
        bool found = false;
        if (lua_rawgetp(L, LUA_REGISTRYINDEX, &modules_key) == LUA_TTABLE) {
            lua_pushstring(L, record.source);
            found = lua_rawget(L, -2) != LUA_TNIL;
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
        return found;
    }
    return false;
}

bool luahost_is_guarded(lua_State *L, int index) {
    if (lua_type(L, index) != LUA_TTABLE) return false;
    lua_pushglobaltable(L);
    bool is_globals = lua_rawequal(L, -1, index);
    lua_pop(L, 1);
    return is_globals && !runs_module(L);
}

/// Of the table of globals: in modules an absent one is nil, as in plain Lua. In the main script it is an error, which Swift
/// words.
static int global_index(lua_State *L) {
    lua_settop(L, 2);
    if (lua_type(L, 2) != LUA_TSTRING) return 0;
    const luahost_absent_name *absent = find_absent(NULL, lua_tostring(L, 2));
    if (absent != NULL) remember_read(L, absent);
    if (absent != NULL || runs_module(L)) return 0;
    luahost *host = luahost_begin_native(L);
    return luahost_finish_native(L, host, host->callbacks.unknown_global(L, host->callbacks.context));
}

/// Of a library, whose name is upvalue 1.
static int library_index(lua_State *L) {
    lua_settop(L, 2);
    if (lua_type(L, 2) != LUA_TSTRING) return 0;
    const luahost_absent_name *absent = find_absent(lua_tostring(L, lua_upvalueindex(1)), lua_tostring(L, 2));
    if (absent != NULL) remember_read(L, absent);
    return 0;
}

// MARK: Using

/// "attempt to index a nil value (global 'io')" after the position: the kind, and the name inside `text`.
static bool parse_message(const char *text, const lua_Debug *record, char kind[16], const char **name, size_t *length) {
    char position[LUA_IDSIZE + 32];
    snprintf(position, sizeof position, "%s:%d: attempt to ", record->short_src, record->currentline);
    if (strncmp(text, position, strlen(position)) != 0) return false;
    const char *found = strstr(text + strlen(position), " a nil value (");
    if (found == NULL) return false;
    found += strlen(" a nil value (");
    const char *quote = strstr(found, " '");
    if (quote == NULL || quote - found >= 16) return false;
    memcpy(kind, found, (size_t)(quote - found));
    kind[quote - found] = 0;
    *name = quote + 2;
    size_t rest = strlen(*name);
    if (rest < 2 || strcmp(*name + rest - 2, "')") != 0) return false;
    *length = rest - 2;
    return true;
}

/// The newest read of this chunk that `name` may refer to. A field may be one of any table, so its line must be the same.
static const luahost_absent_name *find_read(
    const luahost *host, const lua_Debug *record, bool same_line, const char *name, size_t length) {
    for (uint32_t back = 1; back <= ABSENT_READS && back <= host->absent_read_count; back++) {
        const luahost_absent_read *read = &host->absent_reads[(host->absent_read_count - back) % ABSENT_READS];
        if (read->source != record->source || (same_line && read->line != record->currentline)) continue;
        const char *known = read->absent->name;
        if (name == NULL || (strlen(known) == length && memcmp(known, name, length) == 0)) return read->absent;
    }
    return NULL;
}

/// Whether the function of the record is pcall or xpcall.
static bool is_protected_call(lua_State *co, lua_Debug *record) {
    if (!lua_checkstack(co, 1)) return false;
    lua_getinfo(co, "f", record);
    lua_CFunction function = lua_tocfunction(co, -1);
    lua_pop(co, 1);
    return function == luahost_base_pcall || function == luahost_base_xpcall;
}

void luahost_explain_nil(lua_State *L, lua_State *co, int level) {
    luahost *host = host_of(L);
    lua_Debug record;
    if (host->absent_read_count == 0 || lua_type(L, -1) != LUA_TSTRING || !lua_getstack(co, level, &record)) return;
    const char *text = lua_tostring(L, -1);
    lua_getinfo(co, "Sl", &record);
    if (*record.what != 'C') {
        // Lua raised this itself: an error of the script's own would come from the function `error`.
        char kind[16];
        const char *name;
        size_t length;
        if (!parse_message(text, &record, kind, &name, &length)) return;
        bool same_line = strcmp(kind, "field") == 0 || strcmp(kind, "method") == 0;
        const luahost_absent_name *absent = find_read(host, &record, same_line, name, length);
        if (absent == NULL) return;
        lua_pushfstring(L, "%s: %s", text, absent->reason);
    } else {
        // pcall(dofile, "x") has no name for what it calls.
        if (strcmp(text, "attempt to call a nil value") != 0 || !is_protected_call(co, &record)) return;
        if (!find_line(co, level + 1, &record)) return;
        const luahost_absent_name *absent = find_read(host, &record, true, NULL, 0);
        if (absent == NULL) return;
        lua_pushfstring(
            L, "%s (%s '%s'): %s", text, absent->library == NULL ? "global" : "field", absent->name, absent->reason);
    }
    lua_remove(L, -2);
}

void luahost_add_absent(lua_State *L) {
    lua_pushglobaltable(L);
    static const char *const libraries[] = {"debug", "math", "os", "package", "string", "table"};
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        lua_getfield(L, -1, libraries[i]);
        lua_createtable(L, 0, 1);
        lua_pushstring(L, libraries[i]);
        lua_pushcclosure(L, library_index, 1);
        lua_setfield(L, -2, "__index");
        lua_setmetatable(L, -2);
        lua_pop(L, 1);
    }
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, global_index);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}
