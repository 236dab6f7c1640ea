// require, which finds host modules and files beside the script, and what sandboxed scripts have of `package`: what portable
// libraries read at load time. Host modules and libraries are kept where no script can change them.
#include "luahost.h"

/// A module that is being loaded is this address among the loaded ones.
static const char loading;

/// Upvalues of require. `PROTECTED` holds host modules, libraries and marks of what is being loaded; in trusted hosts it is
/// package.loaded itself. The others are for sandboxed hosts only, but `STANDARD`, the standard require of trusted ones.
enum { PROTECTED = 1, STANDARD = 2, LOADED = 3, PRELOAD = 4 };

/// Pushes field `name` (index 1) of an upvalue; true unless it is nil.
static bool push_entry(lua_State *L, int upvalue) {
    lua_pushvalue(L, 1);
    return lua_rawget(L, lua_upvalueindex(upvalue)) != LUA_TNIL;
}

/// Sets field `name` (index 1) of an upvalue to the value on top, which stays there.
static void set_entry(lua_State *L, int upvalue) {
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -2);
    lua_rawset(L, lua_upvalueindex(upvalue));
}

static int finish_standard(lua_State *L) {
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(STANDARD));
    lua_insert(L, 1);
    lua_pushcfunction(L, luahost_message_handler);
    lua_insert(L, 1);
    if (lua_pcall(L, 1, LUA_MULTRET, 1) == LUA_OK) return lua_gettop(L) - 1;
    if (host_of(L)->limit != LUAHOST_NO_LIMIT) luahost_raise_again(L);
    // It has no position: the standard function was called from here, not from the script.
    if (lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

/// Runs the function at index 2 with the module's name and the path at index 3. What it returns stays on top: nil when it
/// returns nothing and has not set its own entry of package.loaded either.
static void run_file(lua_State *L, int loaded) {
    lua_pushlightuserdata(L, (void *)&loading);
    set_entry(L, PROTECTED);
    lua_settop(L, 3);
    lua_pushcfunction(L, luahost_message_handler);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 3);
    int outcome = lua_pcall(L, 2, 1, 4);
    lua_remove(L, 4);
    // The mark is taken away, also of a file that fails, which may be required again.
    push_entry(L, PROTECTED);
    bool is_marked = lua_touserdata(L, -1) == &loading;
    lua_pop(L, 1);
    if (is_marked) {
        lua_pushnil(L);
        set_entry(L, PROTECTED);
        lua_pop(L, 1);
    }
    if (outcome != LUA_OK) {
        if (host_of(L)->limit != LUAHOST_NO_LIMIT) luahost_raise_again(L);
        lua_error(L);
    }
    if (!lua_isnil(L, -1)) return;
    lua_pop(L, 1);
    push_entry(L, loaded);
}

static int base_require(lua_State *L) {
    const char *name = luaL_checkstring(L, 1);
    luahost *host = host_of(L);
    int loaded = host->trusted ? PROTECTED : LOADED;
    lua_settop(L, 1);
    if (push_entry(L, PROTECTED)) {
        bool is_loading = lua_touserdata(L, -1) == &loading;
        // A module may set its entry before it returns, as those do that require each other.
        if (is_loading && (host->trusted || !push_entry(L, LOADED)))
            return luaL_error(L, "module '%s' requires itself, directly or by another module", name);
        return 1;
    }
    // Swift answers with a finished module (1 result), or with a compiled file and its path (2 results), or leaves it to what
    // is at index 2 (none): what the script itself gives for this name.
    lua_settop(L, 1);
    bool is_loaded = false;
    if (host->trusted) {
        lua_pushnil(L);
    } else {
        is_loaded = push_entry(L, LOADED);
        if (!is_loaded) {
            lua_settop(L, 1);
            push_entry(L, PRELOAD);
        }
    }
    luahost_enter_native(host);
    int status = host->callbacks.find_module(L, host->callbacks.context);
    luahost_leave_native(host);
    if (status < 0) {
        if (host->limit != LUAHOST_NO_LIMIT) luahost_raise_again(L);
        if (status == LUAHOST_RAISE_AT_CALLER) {
            luaL_where(L, 1);
            lua_insert(L, -2);
            lua_concat(L, 2);
        }
        return lua_error(L);
    }
    if (status == 0 && host->trusted) return finish_standard(L);
    if (is_loaded && status == 0) return 1;
    if (status == 0) {
        lua_pushliteral(L, ":preload:");
        status = 2;
    } else {
        lua_remove(L, 2);
    }
    if (status == 1) {
        set_entry(L, PROTECTED);
    } else {
        run_file(L, loaded);
        if (lua_isnil(L, -1)) {
            lua_pop(L, 1);
            lua_pushboolean(L, 1);
        }
    }
    set_entry(L, loaded);
    if (status == 1) return 1;
    lua_pushvalue(L, 3);
    return 2;
}

/// Copies the fields of the table at `from` to the table on top.
static void copy_fields(lua_State *L, int from) {
    for (lua_pushnil(L); lua_next(L, from); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        lua_rawset(L, -5);
    }
}

/// Sets the field `name` of the table at `index` to a new table, which is pushed.
static void push_new_field(lua_State *L, int index, const char *name) {
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, index, name);
}

void luahost_add_require(lua_State *L, bool trusted) {
    int top = lua_gettop(L);
    lua_pushglobaltable(L);
    lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    if (trusted) {
        lua_getfield(L, top + 1, "require");
        lua_pushcclosure(L, base_require, 2);
    } else {
        push_new_field(L, top + 1, LUA_LOADLIBNAME);
        lua_pushvalue(L, -1);
        lua_setfield(L, top + 2, LUA_LOADLIBNAME);
        lua_pushliteral(L, LUA_DIRSEP "\n;\n?\n!\n-\n");
        lua_setfield(L, top + 3, "config");
        // Not asked by require; libraries put texts in front of it.
        lua_pushliteral(L, "./?.lua;./?/init.lua");
        lua_setfield(L, top + 3, "path");
        lua_pushliteral(L, "");
        lua_setfield(L, top + 3, "cpath");
        // Not the table that tracebacks search, which holds modules without their read-only view.
        lua_newtable(L);
        copy_fields(L, top + 2);
        lua_pushnil(L);
        push_new_field(L, top + 3, "loaded");
        copy_fields(L, top + 2);
        push_new_field(L, top + 3, "preload");
        lua_pushcclosure(L, base_require, 4);
    }
    lua_setfield(L, top + 1, "require");
    lua_settop(L, top);
}
