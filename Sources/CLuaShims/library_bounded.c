// Library functions whose single call could run for ever, or ask for all memory at once, unseen by any hook: their
// arguments are bounded, then the standard function does the work in the same frame, so that its messages stay right.
// Also math.random, which draws from the run's own stream.
#include <math.h>
#include <string.h>

#include "luahost.h"

/// What a single string may take. The soft limit as a whole, not what is left of it: garbage may fill the rest.
static int64_t largest_string(const luahost *host) {
    return host->limits.soft_bytes > 0 ? host->limits.soft_bytes : INT64_MAX;
}

static int bounded_rep(lua_State *L) {
    luahost *host = host_of(L);
    size_t length, separator = 0;
    luaL_checklstring(L, 1, &length);
    lua_Integer count = luaL_checkinteger(L, 2);
    if (!lua_isnoneornil(L, 3)) luaL_checklstring(L, 3, &separator);
    if (count > 0) {
        int64_t total;
        if (length + separator == 0) {
            lua_pushliteral(L, "");
            return 1;
        }
        if (__builtin_mul_overflow((int64_t)(length + separator), (int64_t)count, &total) || total > largest_string(host))
            return luaL_error(L, "resulting string too large");
    }
    return host->string_rep(L);
}

/// The length that the library function would use; raises when it is out of all proportion.
static lua_Integer bounded_length(lua_State *L, int index) {
    lua_Integer length = luaL_len(L, index);
    if (length > LIBRARY_LOOP_LIMIT) luaL_error(L, "table too long for the library (%I elements)", (LUAI_UACINT)length);
    return length;
}

/// True when the range is longer than any loop may be; without overflow for every pair of integers.
static bool range_too_long(lua_Integer first, lua_Integer last) {
    return last >= first && (lua_Unsigned)last - (lua_Unsigned)first >= LIBRARY_LOOP_LIMIT;
}

static int bounded_concat(lua_State *L) {
    luahost *host = host_of(L);
    if (lua_type(L, 1) != LUA_TTABLE) return host->table_concat(L);
    lua_Integer first = luaL_optinteger(L, 3, 1);
    lua_Integer last = lua_isnoneornil(L, 4) ? luaL_len(L, 1) : luaL_checkinteger(L, 4);
    if (range_too_long(first, last)) return luaL_error(L, "table too long for the library");
    size_t separator = 0;
    luaL_optlstring(L, 2, "", &separator);
    // What is there without metamethods is weighed first: a thousand references to one long string are cheap to hold and
    // dear to join.
    int64_t total = 0, allowed = largest_string(host);
    for (lua_Integer i = first; i <= last; i++) {
        if (lua_rawgeti(L, 1, i) == LUA_TSTRING) total += (int64_t)lua_rawlen(L, -1);
        total += (int64_t)separator;
        lua_pop(L, 1);
        if (total > allowed) return luaL_error(L, "resulting string too large");
        if (i == LUA_MAXINTEGER) break;
    }
    return host->table_concat(L);
}

static int bounded_insert(lua_State *L) {
    if (lua_type(L, 1) == LUA_TTABLE) bounded_length(L, 1);
    return host_of(L)->table_insert(L);
}

static int bounded_remove(lua_State *L) {
    if (lua_type(L, 1) == LUA_TTABLE) bounded_length(L, 1);
    return host_of(L)->table_remove(L);
}

static int bounded_sort(lua_State *L) {
    if (lua_type(L, 1) == LUA_TTABLE) bounded_length(L, 1);
    return host_of(L)->table_sort(L);
}

static int bounded_move(lua_State *L) {
    if (range_too_long(luaL_checkinteger(L, 2), luaL_checkinteger(L, 3)))
        return luaL_error(L, "too many elements to move");
    return host_of(L)->table_move(L);
}

/// Replaces library.name by `bounded` and keeps the standard function.
static void replace(lua_State *L, const char *library, const char *name, lua_CFunction bounded, lua_CFunction *standard) {
    lua_getglobal(L, library);
    lua_getfield(L, -1, name);
    *standard = lua_tocfunction(L, -1);
    lua_pushcfunction(L, bounded);
    lua_setfield(L, -3, name);
    lua_pop(L, 2);
}

void luahost_add_bounded(lua_State *L) {
    luahost *host = host_of(L);
    replace(L, "string", "rep", bounded_rep, &host->string_rep);
    replace(L, "table", "concat", bounded_concat, &host->table_concat);
    replace(L, "table", "insert", bounded_insert, &host->table_insert);
    replace(L, "table", "remove", bounded_remove, &host->table_remove);
    replace(L, "table", "sort", bounded_sort, &host->table_sort);
    replace(L, "table", "move", bounded_move, &host->table_move);
}

// MARK: Random numbers

static uint64_t next_random(luahost *host) { return host->callbacks.random(host->callbacks.context); }

/// A uniform integer in 0...limit: the smallest mask of ones that covers the limit, redrawn until it fits.
static uint64_t random_up_to(luahost *host, uint64_t limit) {
    if (limit == UINT64_MAX) return next_random(host);
    uint64_t mask = limit;
    for (int shift = 1; shift < 64; shift *= 2) mask |= mask >> shift;
    uint64_t value;
    do value = next_random(host) & mask;
    while (value > limit);
    return value;
}

static int math_random(lua_State *L) {
    luahost *host = host_of(L);
    lua_Integer low = 1, high;
    switch (lua_gettop(L)) {
    case 0:
        lua_pushnumber(L, (lua_Number)(next_random(host) >> 11) * 0x1p-53);
        return 1;
    case 1:
        high = luaL_checkinteger(L, 1);
        if (high == 0) {
            lua_pushinteger(L, (lua_Integer)next_random(host));
            return 1;
        }
        break;
    case 2:
        low = luaL_checkinteger(L, 1);
        high = luaL_checkinteger(L, 2);
        break;
    default:
        return luaL_error(L, "wrong number of arguments");
    }
    luaL_argcheck(L, low <= high, 1, "interval is empty");
    lua_pushinteger(L, (lua_Integer)((uint64_t)low + random_up_to(host, (uint64_t)high - (uint64_t)low)));
    return 1;
}

/// The stream belongs to the run: reseeding it would make results depend on more than the run's seed.
static int math_randomseed(lua_State *L) {
    luahost *host = host_of(L);
    if (!host->seed_warning_given) {
        host->seed_warning_given = true;
        static const char text[] = "math.randomseed has no effect: math.random follows the run's seed (set it with --seed)";
        host->callbacks.output(host->callbacks.context, text, sizeof text - 1, LUAHOST_WARNING);
    }
    return 0;
}

void luahost_add_random(lua_State *L) {
    static const luaL_Reg functions[] = {{"random", math_random}, {"randomseed", math_randomseed}, {NULL, NULL}};
    lua_getglobal(L, LUA_MATHLIBNAME);
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
}
