// Coroutines that limits pass through, that tell the host which state runs, and whose closing cannot nest without bound.
#include "luahost.h"

/// Resumes `co` with the `count` values on top of L. Results are moved to L: their number, or -1 and the error value.
static int resume(lua_State *L, lua_State *co, int count) {
    luahost *host = host_of(L);
    if (!lua_checkstack(co, count)) {
        lua_pushliteral(L, "too many arguments to resume");
        return -1;
    }
    lua_xmove(L, co, count);
    lua_State *outer = host->current;
    host->current = co;
    int result_count = 0;
    int status = lua_resume(co, L, count, &result_count);
    host->current = outer;
    if (host->limit != LUAHOST_NO_LIMIT) luahost_raise_again(L);
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_xmove(co, L, 1);
        luahost_explain_nil(L, co, 0);
        return -1;
    }
    if (!lua_checkstack(L, result_count + 1)) {
        lua_settop(co, -result_count - 1);
        lua_pushliteral(L, "too many results to resume");
        return -1;
    }
    lua_xmove(co, L, result_count);
    return result_count;
}

/// Closes a suspended or dead coroutine: its status, with the error value (if any) on top of `co`.
static int close_state(lua_State *L, lua_State *co) {
    luahost *host = host_of(L);
    // A coroutine that a limit killed runs its __close without hooks: that must not start now.
    if (host->limit != LUAHOST_NO_LIMIT) luahost_raise_again(L);
    if (host->close_depth >= CLOSE_DEPTH_LIMIT) luaL_error(L, "too many nested calls of coroutine.close");
    lua_State *outer = host->current;
    host->current = co;
    host->close_depth++;
    int status = lua_resetthread(co);
    host->close_depth--;
    host->current = outer;
    if (host->limit != LUAHOST_NO_LIMIT) luahost_raise_again(L);
    return status;
}

static lua_State *check_coroutine(lua_State *L) {
    lua_State *co = lua_tothread(L, 1);
    luaL_argexpected(L, co != NULL, 1, "thread");
    return co;
}

static int coroutine_resume(lua_State *L) {
    lua_State *co = check_coroutine(L);
    int count = resume(L, co, lua_gettop(L) - 1);
    if (count < 0) {
        host_of(L)->traceback[0] = 0;
        lua_pushboolean(L, 0);
        lua_insert(L, -2);
        return 2;
    }
    lua_pushboolean(L, 1);
    lua_insert(L, -count - 1);
    return count + 1;
}

static int wrapped_resume(lua_State *L) {
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));
    int count = resume(L, co, lua_gettop(L));
    if (count >= 0) return count;
    int status = lua_status(co);
    luahost_keep_traceback(L, co);
    if (status != LUA_OK && status != LUA_YIELD) {
        // It died: run its pending __close, whose error, if any, replaces the first one, which is handed to it.
        lua_pushvalue(L, -1);
        lua_xmove(L, co, 1);
        if (close_state(L, co) != LUA_OK && lua_gettop(co) > 0) lua_xmove(co, L, 1);
    }
    if (lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

static int coroutine_wrap(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_pushcclosure(L, wrapped_resume, 1);
    return 1;
}

static int coroutine_close(lua_State *L) {
    lua_State *co = check_coroutine(L);
    lua_Debug record;
    if (co == L) return luaL_error(L, "cannot close a running coroutine");
    if (lua_status(co) == LUA_OK && lua_getstack(co, 0, &record)) return luaL_error(L, "cannot close a normal coroutine");
    if (close_state(L, co) == LUA_OK) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushboolean(L, 0);
    lua_xmove(co, L, 1);
    return 2;
}

void luahost_add_coroutine(lua_State *L, bool trusted) {
    (void)trusted;
    static const luaL_Reg functions[] = {
        {"resume", coroutine_resume}, {"wrap", coroutine_wrap}, {"close", coroutine_close}, {NULL, NULL},
    };
    lua_getglobal(L, LUA_COLIBNAME);
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
}
