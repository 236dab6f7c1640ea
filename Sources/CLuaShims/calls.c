// A host's life, and the protected ways from Swift into Lua.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "luahost.h"

// MARK: Life

static int open_everything(lua_State *L) {
    luahost_open_objects(L);
    luahost_open_library(L);
    return 0;
}

luahost *luahost_create(const luahost_limits *limits, const luahost_callbacks *callbacks, bool trusted) {
    luahost *host = calloc(1, sizeof *host);
    if (host == NULL) return NULL;
    host->limits = *limits;
    host->callbacks = *callbacks;
    host->trusted = trusted;
    host->thread = pthread_self();
    host->fail_allocation_after = -1;
    host->native_threshold = 32 * 1024 * 1024;
    host->warnings_on = true;
    host->remaining = NO_DEADLINE;
    atomic_store(&host->deadline, NO_DEADLINE);
    lua_State *L = lua_newstate(luahost_allocate, host);
    if (L == NULL) {
        free(host);
        return NULL;
    }
    host->main = L;
    host->current = L;
    *(luahost **)lua_getextraspace(L) = host;
    lua_atpanic(L, luahost_panic);
    // Before any coroutine exists: they inherit the hook of the state that creates them.
    if (!trusted) lua_sethook(L, luahost_hook, LUA_MASKCOUNT, HOOK_INSTRUCTIONS);
    lua_pushcfunction(L, open_everything);
    if (lua_pcall(L, 0, 0, 0) != LUA_OK) luahost_panic(L);
    luahost_install_interrupt_handler(host);
    if (!trusted) luahost_start_watchdog(host);
    return host;
}

void luahost_close(luahost *host) {
    luahost_stop_watchdog(host);
    luahost_remove_interrupt_handler(host);
    lua_State *L = host->main;
    lua_sethook(L, NULL, 0, 0);
    host->limits.soft_bytes = 0;
    host->limits.hard_bytes = 0;
    lua_close(L);
    free(host);
}

lua_State *luahost_main_state(const luahost *host) { return host->main; }
lua_State *luahost_current_state(const luahost *host) { return host->current; }
void *luahost_context(lua_State *L) { return host_of(L)->callbacks.context; }
int32_t luahost_depth(const luahost *host) { return host->depth; }
bool luahost_on_own_thread(const luahost *host) { return pthread_equal(pthread_self(), host->thread) != 0; }

// MARK: Calls

void luahost_keep_traceback(lua_State *L, lua_State *co) {
    luahost *host = host_of(L);
    // What an inner coroutine or file left there comes first: it is where the error happened.
    size_t used = strlen(host->traceback);
    luaL_traceback(L, co, NULL, L == co ? 1 : 0);
    snprintf(host->traceback + used, sizeof host->traceback - used, "%s%s", used > 0 ? "\n" : "", lua_tostring(L, -1));
    lua_pop(L, 1);
}

/// Keeps the traceback while the stack still exists. For a nil that the sandbox gave, says why it is nil.
int luahost_message_handler(lua_State *L) {
    lua_settop(L, 1);
    luahost_explain_nil(L, L, 1);
    luahost_keep_traceback(L, L);
    return 1;
}

int luahost_call(luahost *host, lua_State *L, int argument_count, int result_count, int32_t budget) {
    int base = lua_gettop(L) - argument_count;
    host->traceback[0] = 0;
    // What stopped an earlier call is past once nothing runs any more.
    if (host->depth == 0) host->limit = LUAHOST_NO_LIMIT;
    if (host->limit != LUAHOST_NO_LIMIT) {
        // A limit is on its way to the top: nothing more is run.
        lua_settop(L, base - 1);
        lua_pushstring(L, host->limit_message);
        return LUA_ERRRUN;
    }
    lua_pushcfunction(L, luahost_message_handler);
    lua_insert(L, base);

    lua_State *outer_state = host->current;
    int64_t outer_remaining = host->remaining;
    int32_t outer_budget = atomic_load_explicit(&host->budget, memory_order_relaxed);
    int64_t outer_deadline = atomic_load_explicit(&host->deadline, memory_order_relaxed);
    bool is_charged = budget == LUAHOST_METAMETHOD && host->depth > 0 && outer_remaining != NO_DEADLINE;
    if (budget == LUAHOST_METAMETHOD) budget = is_charged ? outer_budget : LUAHOST_CALLBACK;
    int64_t allowed = is_charged ? outer_remaining : luahost_budget_nanoseconds(host, budget);
    int64_t start = luahost_now();
    host->current = L;
    host->depth++;
    atomic_store_explicit(&host->budget, budget, memory_order_relaxed);
    host->remaining = allowed;
    atomic_store_explicit(
        &host->deadline, allowed == NO_DEADLINE ? NO_DEADLINE : start + allowed, memory_order_relaxed);

    int status = lua_pcall(L, argument_count, result_count, base);

    // The deadline moved on by as much as Swift computed in between.
    int64_t deadline = atomic_load_explicit(&host->deadline, memory_order_relaxed);
    int64_t used = (allowed == NO_DEADLINE || deadline == NO_DEADLINE) ? 0 : luahost_now() - (deadline - allowed);
    if (budget == LUAHOST_CALLBACK && !is_charged && used > 0) host->callback_nanoseconds += used;
    atomic_store_explicit(&host->deadline, outer_deadline, memory_order_relaxed);
    atomic_store_explicit(&host->budget, outer_budget, memory_order_relaxed);
    host->remaining = is_charged && used > 0 ? outer_remaining - used : outer_remaining;
    host->depth--;
    host->current = outer_state;

    lua_rotate(L, base, -1);
    lua_settop(L, -2);
    if (host->limit != LUAHOST_NO_LIMIT) {
        // Also when the script swallowed it and ended as if nothing had been.
        lua_settop(L, base - 1);
        // While a script runs, its registers may hold on to what earlier calls left in them. Now nothing does, so that the
        // next call does not meet the same limit.
        if (host->limit == LUAHOST_MEMORY_LIMIT && host->depth == 0) lua_gc(L, LUA_GCCOLLECT);
        lua_pushstring(L, host->limit_message);
        return LUA_ERRRUN;
    }
    return status;
}

const char *luahost_traceback(const luahost *host) { return host->traceback; }
void luahost_clear_traceback(luahost *host) { host->traceback[0] = 0; }

int luahost_load_text(luahost *host, lua_State *L, const char *bytes, size_t length, const char *chunk_name) {
    host->traceback[0] = 0;
    return luaL_loadbufferx(L, bytes, length, chunk_name, "t");
}

// MARK: Operations that may run metamethods

static int get_operation(lua_State *L) {
    lua_gettable(L, 1);
    return 1;
}

static int set_operation(lua_State *L) {
    lua_settable(L, 1);
    return 0;
}

static int tostring_operation(lua_State *L) {
    luaL_tolstring(L, 1, NULL);
    return 1;
}

static int length_operation(lua_State *L) {
    lua_len(L, 1);
    return 1;
}

static int next_operation(lua_State *L) { return lua_next(L, 1) ? 2 : 0; }

int luahost_get(luahost *host, lua_State *L, int table) {
    table = lua_absindex(L, table);
    if (lua_istable(L, table)) {
        if (!lua_getmetatable(L, table)) {
            lua_rawget(L, table);
            return LUA_OK;
        }
        lua_pop(L, 1);
    }
    lua_pushcfunction(L, get_operation);
    lua_pushvalue(L, table);
    lua_rotate(L, -3, -1);
    return luahost_call(host, L, 2, 1, LUAHOST_METAMETHOD);
}

int luahost_set(luahost *host, lua_State *L, int table) {
    table = lua_absindex(L, table);
    lua_pushcfunction(L, set_operation);
    lua_pushvalue(L, table);
    lua_rotate(L, -4, 2);
    return luahost_call(host, L, 3, 0, LUAHOST_METAMETHOD);
}

int luahost_tostring(luahost *host, lua_State *L, int index) {
    index = lua_absindex(L, index);
    lua_pushcfunction(L, tostring_operation);
    lua_pushvalue(L, index);
    return luahost_call(host, L, 1, 1, LUAHOST_METAMETHOD);
}

int luahost_length(luahost *host, lua_State *L, int index) {
    index = lua_absindex(L, index);
    if (lua_type(L, index) == LUA_TTABLE) {
        if (!lua_getmetatable(L, index)) {
            lua_pushinteger(L, (lua_Integer)lua_rawlen(L, index));
            return LUA_OK;
        }
        lua_pop(L, 1);
    }
    lua_pushcfunction(L, length_operation);
    lua_pushvalue(L, index);
    return luahost_call(host, L, 1, 1, LUAHOST_METAMETHOD);
}

int luahost_next(luahost *host, lua_State *L, int table) {
    table = lua_absindex(L, table);
    if (lua_isnil(L, -1)) return lua_next(L, table);  // the first key cannot be stale
    lua_pushcfunction(L, next_operation);
    lua_pushvalue(L, table);
    lua_rotate(L, -3, -1);
    int top = lua_gettop(L) - 3;
    if (luahost_call(host, L, 2, LUA_MULTRET, LUAHOST_METAMETHOD) != LUA_OK) return -1;
    return lua_gettop(L) > top ? 1 : 0;
}
