// Global functions that differ from the standard ones: limits pass through pcall and xpcall, load takes text only,
// setmetatable refuses finalizers, output goes to the host.
#include <stdio.h>
#include <string.h>

#include "luahost.h"

// MARK: pcall, xpcall

/// Results of a protected call that began `extra` values above the bottom of the stack.
static int finish_protected(lua_State *L, int status, lua_KContext extra) {
    if (status != LUA_OK && status != LUA_YIELD) {
        if (host_of(L)->limit != LUAHOST_NO_LIMIT) luahost_raise_again(L);
        host_of(L)->traceback[0] = 0;
        lua_pushboolean(L, 0);
        lua_insert(L, -2);
        return 2;
    }
    return lua_gettop(L) - (int)extra;
}

static int explaining_handler(lua_State *L) {
    lua_settop(L, 1);
    luahost_explain_nil(L, L, 1);
    return 1;
}

int luahost_base_pcall(lua_State *L) {
    luaL_checkany(L, 1);
    lua_pushcfunction(L, explaining_handler);
    lua_pushboolean(L, 1);
    lua_rotate(L, 1, 2);  // handler, true, function, arguments
    return finish_protected(L, lua_pcallk(L, lua_gettop(L) - 3, LUA_MULTRET, 1, 1, finish_protected), 1);
}

/// Goes before a script's message handler (upvalue 1), which runs without hooks when the error comes from one.
static int guarded_handler(lua_State *L) {
    if (host_of(L)->limit != LUAHOST_NO_LIMIT) {
        lua_pushstring(L, host_of(L)->limit_message);
        return 1;
    }
    lua_settop(L, 1);
    luahost_explain_nil(L, L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

int luahost_base_xpcall(lua_State *L) {
    int count = lua_gettop(L);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, guarded_handler, 1);
    lua_replace(L, 2);
    lua_pushboolean(L, 1);
    lua_pushvalue(L, 1);
    lua_rotate(L, 3, 2);  // function, handler, true, function, arguments
    return finish_protected(L, lua_pcallk(L, count - 2, LUA_MULTRET, 2, 2, finish_protected), 2);
}

// MARK: Metatables, raw access, collector

/// Address of the registry's ephemeron table from tables that have had a metatable to the one they have now.
static const char metatables_key;

/// Keeps the metatable at index 2 alive for as long as the table at index 1 lives, once that table's metatable changes.
///
/// Lua 5.4.4 does not visit a table with weak keys and values again after the collector has passed it in the middle of a
/// cycle. A metatable that it gets from then on is freed while in use; 5.4.8 fixes it. A table without a metatable is not
/// weak, so its first one needs nothing.
static void keep_metatable_alive(lua_State *L) {
    bool had_one = lua_getmetatable(L, 1);
    lua_settop(L, 2);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &metatables_key) == LUA_TNIL) {
        if (!had_one) return;
        lua_settop(L, 2);
        lua_newtable(L);
        lua_createtable(L, 0, 1);
        lua_pushliteral(L, "k");
        lua_setfield(L, -2, "__mode");
        lua_setmetatable(L, -2);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &metatables_key);
    }
    lua_pushvalue(L, 1);
    // A table whose metatable was taken away in between is noted with false.
    if (!had_one && lua_rawget(L, 3) == LUA_TNIL) return;
    lua_settop(L, 3);
    lua_pushvalue(L, 1);
    if (lua_isnil(L, 2)) lua_pushboolean(L, 0);
    else lua_pushvalue(L, 2);
    lua_rawset(L, 3);
}

static int base_setmetatable(lua_State *L) {
    int kind = lua_type(L, 2);
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, kind == LUA_TNIL || kind == LUA_TTABLE, 2, "nil or table");
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) return luaL_error(L, "cannot change a protected metatable");
    if (luahost_is_guarded(L, 1)) return luaL_error(L, "cannot change a protected metatable");
    if (kind == LUA_TTABLE) {
        lua_pushliteral(L, "__gc");
        if (lua_rawget(L, 2) != LUA_TNIL)
            return luaL_error(L, "__gc is not available to sandboxed scripts (use a <close> variable and __close)");
    }
    lua_settop(L, 2);
    keep_metatable_alive(L);
    lua_settop(L, 2);
    lua_setmetatable(L, 1);
    return 1;
}

static int base_getmetatable(lua_State *L) {
    luaL_checkany(L, 1);
    if (luahost_is_guarded(L, 1)) lua_pushboolean(L, 0);
    else if (!lua_getmetatable(L, 1)) lua_pushnil(L);
    else luaL_getmetafield(L, 1, "__metatable");
    return 1;
}

static int base_rawset(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkany(L, 2);
    luaL_checkany(L, 3);
    if (luahost_is_read_only(L, 1)) return luaL_error(L, "attempt to change a read-only table");
    lua_settop(L, 3);
    lua_rawset(L, 1);
    return 1;
}

static int base_collectgarbage(lua_State *L) {
    static const char *const options[] = {"collect", "count", "step", NULL};
    const char *name = luaL_optstring(L, 1, "collect");
    for (int i = 0; options[i] != NULL; i++) {
        if (strcmp(name, options[i]) != 0) continue;
        if (i == 1) {
            lua_pushnumber(L, (lua_Number)luahost_lua_bytes(host_of(L)) / 1024);
        } else if (i == 2) {
            lua_Integer kilobytes = luaL_optinteger(L, 2, 0);
            if (kilobytes < 0) kilobytes = 0;
            if (kilobytes > 1 << 20) kilobytes = 1 << 20;
            lua_pushboolean(L, lua_gc(L, LUA_GCSTEP, (int)kilobytes));
        } else {
            lua_pushinteger(L, lua_gc(L, LUA_GCCOLLECT));
        }
        return 1;
    }
    return luaL_error(L, "collectgarbage '%s' is not available to sandboxed scripts (only count, step and collect)", name);
}

// MARK: load

/// Text pieces from a function; each piece stays at stack index 4 while the parser reads it.
static const char *read_piece(lua_State *L, void *unused, size_t *length) {
    (void)unused;
    luaL_checkstack(L, 2, "too many nested functions");
    lua_pushvalue(L, 1);
    lua_call(L, 0, 1);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        *length = 0;
        return NULL;
    }
    if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "reader function must return a string");
    lua_replace(L, 4);
    return lua_tolstring(L, 4, length);
}

/// Chunk names given by scripts cannot pose as a file: only what follows a '=' or '@' is kept, inside brackets.
static void push_chunk_name(lua_State *L, int index, const char *fallback) {
    if (lua_isnoneornil(L, index)) {
        lua_pushstring(L, fallback);
        return;
    }
    const char *name = luaL_checkstring(L, index);
    if (*name != '=' && *name != '@') {
        lua_pushvalue(L, index);
        return;
    }
    char shown[40];
    size_t length = 0;
    for (name++; *name != 0 && length < sizeof shown - 1; name++)
        shown[length++] = (*name >= 32 && *name < 127 && *name != ':' && *name != '[' && *name != ']') ? *name : '?';
    shown[length] = 0;
    lua_pushfstring(L, "=[load \"%s\"]", shown);
}

static int base_load(lua_State *L) {
    bool text_allowed = strchr(luaL_optstring(L, 3, "t"), 't') != NULL;
    bool has_environment = !lua_isnone(L, 4);
    lua_settop(L, 4);
    lua_pushvalue(L, 4);  // the environment, out of the reader's way
    int status;
    if (!text_allowed) {
        lua_pushliteral(L, "attempt to load a chunk of bytecode (only text is accepted)");
        status = LUA_ERRSYNTAX;
    } else if (lua_type(L, 1) == LUA_TSTRING) {
        size_t length;
        const char *text = lua_tolstring(L, 1, &length);
        push_chunk_name(L, 2, text);
        status = luaL_loadbufferx(L, text, length, lua_tostring(L, -1), "t");
    } else {
        luaL_checktype(L, 1, LUA_TFUNCTION);
        push_chunk_name(L, 2, "=(load)");
        status = lua_load(L, read_piece, NULL, lua_tostring(L, -1), "t");
    }
    if (status != LUA_OK) {
        if (host_of(L)->limit != LUAHOST_NO_LIMIT) luahost_raise_again(L);
        lua_pushnil(L);
        lua_insert(L, -2);
        return 2;
    }
    if (has_environment) {
        lua_pushvalue(L, 5);
        if (lua_setupvalue(L, -2, 1) == NULL) lua_pop(L, 1);
    }
    return 1;
}

// MARK: Output

static void write_output(lua_State *L, const char *bytes, size_t length, int32_t channel) {
    luahost *host = host_of(L);
    int64_t allowed = host->limits.output_bytes;
    if (allowed > 0 && (int64_t)length > allowed - host->output_bytes) luahost_raise_limit(L, LUAHOST_OUTPUT_LIMIT);
    host->output_bytes += (int64_t)length;
    luahost_enter_native(host);
    host->callbacks.output(host->callbacks.context, bytes, length, channel);
    luahost_leave_native(host);
}

static int base_print(lua_State *L) {
    int count = lua_gettop(L);
    luaL_Buffer line;
    luaL_buffinit(L, &line);
    for (int i = 1; i <= count; i++) {
        if (i > 1) luaL_addchar(&line, '\t');
        luaL_tolstring(L, i, NULL);
        luaL_addvalue(&line);
    }
    luaL_addchar(&line, '\n');
    luaL_pushresult(&line);
    size_t length;
    const char *bytes = lua_tolstring(L, -1, &length);
    write_output(L, bytes, length, LUAHOST_PRINT);
    return 0;
}

static int base_warn(lua_State *L) {
    luahost *host = host_of(L);
    int count = lua_gettop(L);
    luaL_checkstring(L, 1);
    for (int i = 2; i <= count; i++) luaL_checkstring(L, i);
    const char *first = lua_tostring(L, 1);
    if (count == 1 && *first == '@') {
        if (strcmp(first, "@on") == 0) host->warnings_on = true;
        if (strcmp(first, "@off") == 0) host->warnings_on = false;
        return 0;
    }
    if (!host->warnings_on) return 0;
    lua_concat(L, count);
    size_t length;
    const char *bytes = lua_tolstring(L, -1, &length);
    write_output(L, bytes, length, LUAHOST_WARNING);
    return 0;
}

/// Warnings of Lua itself, that is of failing finalizers. Nothing here may raise.
static void forward_warning(void *context, const char *message, int to_be_continued) {
    (void)to_be_continued;
    lua_State *L = context;
    luahost *host = host_of(L);
    if (host->warnings_on && *message != '@')
        host->callbacks.output(host->callbacks.context, message, strlen(message), LUAHOST_WARNING);
}

void luahost_add_base(lua_State *L, bool trusted) {
    lua_setwarnf(L, forward_warning, L);
    static const luaL_Reg always[] = {
        {"pcall", luahost_base_pcall}, {"xpcall", luahost_base_xpcall}, {"print", base_print}, {"warn", base_warn},
        {NULL, NULL},
    };
    static const luaL_Reg sandboxed[] = {
        {"getmetatable", base_getmetatable}, {"setmetatable", base_setmetatable}, {"rawset", base_rawset},
        {"collectgarbage", base_collectgarbage}, {"load", base_load},
        {NULL, NULL},
    };
    lua_pushglobaltable(L);
    luaL_setfuncs(L, always, 0);
    if (!trusted) luaL_setfuncs(L, sandboxed, 0);
    lua_pop(L, 1);
}
