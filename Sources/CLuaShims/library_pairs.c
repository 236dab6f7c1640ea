// pairs in an order that depends on the keys alone.
//
// Lua seeds the hash of strings with addresses and the time, so that the standard order of string keys differs from run to
// run, and with it every sum over `pairs`. The same script with the same seed is to give the same numbers, so tables with
// string keys are visited in sorted order here: numbers by value, then strings by bytes, then all other keys as they come.
// Any order is a valid one for `pairs`; `next` keeps the standard order.
#include <stdlib.h>
#include <string.h>

#include "luahost.h"

/// Larger tables keep the standard order: sorting them would take too long in one call.
#define SORTED_KEYS_LIMIT 1000000
#define FEW_KEYS 32

typedef struct {
    int32_t kind;  ///< 0 number, 1 string, 2 other
    int32_t place;  ///< in the array of keys; equal keys of kind 2 keep their order by it
    bool is_integer;
    lua_Integer integer;
    lua_Number number;
    const char *bytes;  ///< alive as long as the key is in the table
    size_t length;
} sort_key;

static int compare_keys(const void *left_key, const void *right_key) {
    const sort_key *left = left_key, *right = right_key;
    if (left->kind != right->kind) return left->kind < right->kind ? -1 : 1;
    if (left->kind == 0) {
        if (left->is_integer && right->is_integer)
            return left->integer < right->integer ? -1 : left->integer > right->integer;
        // A float key is never integral below 2^53, where integers convert exactly, so the order is total.
        if (left->number != right->number) return left->number < right->number ? -1 : 1;
    }
    if (left->kind == 1) {
        size_t shared = left->length < right->length ? left->length : right->length;
        int order = memcmp(left->bytes, right->bytes, shared);
        if (order != 0) return order;
        if (left->length != right->length) return left->length < right->length ? -1 : 1;
    }
    return left->place < right->place ? -1 : left->place > right->place;
}

/// Upvalues: the sorted keys, how many were visited. Keys that were removed meanwhile are passed over.
static int next_sorted(lua_State *L) {
    lua_Integer place = lua_tointeger(L, lua_upvalueindex(2));
    lua_settop(L, 1);
    luaL_checktype(L, 1, LUA_TTABLE);
    while (lua_rawgeti(L, lua_upvalueindex(1), ++place) != LUA_TNIL) {
        lua_pushvalue(L, -1);
        if (lua_rawget(L, 1) != LUA_TNIL) {
            lua_pushinteger(L, place);
            lua_replace(L, lua_upvalueindex(2));
            return 2;
        }
        lua_settop(L, 1);
    }
    lua_pushinteger(L, place - 1);
    lua_replace(L, lua_upvalueindex(2));
    return 1;
}

/// Describes the key on top of the stack, which is in the table at index 1 and so stays alive.
static sort_key describe_key(lua_State *L, size_t place) {
    sort_key key = {.kind = 2, .place = (int32_t)place};
    if (lua_type(L, -1) == LUA_TNUMBER) {
        key.kind = 0;
        key.is_integer = lua_isinteger(L, -1);
        key.integer = lua_tointeger(L, -1);
        key.number = lua_tonumber(L, -1);
    } else if (lua_type(L, -1) == LUA_TSTRING) {
        key.kind = 1;
        key.bytes = lua_tolstring(L, -1, &key.length);
    }
    return key;
}

/// Few keys: collected on the stack, so that the array of sorted keys is the only garbage.
static void push_few_sorted_keys(lua_State *L, size_t count) {
    sort_key keys[FEW_KEYS];
    luaL_checkstack(L, FEW_KEYS + 4, NULL);
    int base = lua_gettop(L) + 1;
    size_t filled = 0;
    // Each key is left where it is and goes on as a copy.
    for (lua_pushnil(L); filled < count && lua_next(L, 1); lua_pushvalue(L, -1)) {
        lua_pop(L, 1);
        keys[filled] = describe_key(L, filled);
        filled++;
    }
    qsort(keys, filled, sizeof *keys, compare_keys);
    lua_createtable(L, (int)filled, 0);
    for (size_t i = 0; i < filled; i++) {
        lua_pushvalue(L, base + keys[i].place);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static void push_many_sorted_keys(lua_State *L, size_t count) {
    sort_key *keys = lua_newuserdatauv(L, count * sizeof *keys, 0);
    lua_createtable(L, (int)count, 0);
    int unsorted = lua_gettop(L);
    size_t filled = 0;
    for (lua_pushnil(L); filled < count && lua_next(L, 1);) {
        lua_pop(L, 1);
        keys[filled] = describe_key(L, filled);
        lua_pushvalue(L, -1);
        lua_rawseti(L, unsorted, (lua_Integer)++filled);
    }
    lua_settop(L, unsorted);
    qsort(keys, filled, sizeof *keys, compare_keys);
    lua_createtable(L, (int)filled, 0);
    for (size_t i = 0; i < filled; i++) {
        lua_rawgeti(L, unsorted, keys[i].place + 1);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static int continue_pairs(lua_State *L, int status, lua_KContext context) {
    (void)L, (void)status, (void)context;
    return 3;
}

/// Upvalue: the standard next.
static int base_pairs(lua_State *L) {
    luaL_checkany(L, 1);
    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_callk(L, 1, 3, 0, continue_pairs);
        return 3;
    }
    lua_settop(L, 1);
    size_t count = 0, strings = 0;
    if (lua_type(L, 1) == LUA_TTABLE) {
        for (lua_pushnil(L); count <= SORTED_KEYS_LIMIT && lua_next(L, 1); lua_pop(L, 1)) {
            count++;
            strings += lua_type(L, -2) == LUA_TSTRING;
        }
        lua_settop(L, 1);
    }
    if (strings == 0 || count > SORTED_KEYS_LIMIT) {
        // Without string keys the standard order is the same in every run.
        lua_pushvalue(L, lua_upvalueindex(1));
    } else {
        if (count <= FEW_KEYS) push_few_sorted_keys(L, count);
        else push_many_sorted_keys(L, count);
        lua_pushinteger(L, 0);
        lua_pushcclosure(L, next_sorted, 2);
    }
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

void luahost_add_pairs(lua_State *L) {
    lua_pushglobaltable(L);
    lua_getfield(L, -1, "next");
    lua_pushcclosure(L, base_pairs, 1);
    lua_setfield(L, -2, "pairs");
    lua_pop(L, 1);
}
