// Swift functions and objects as Lua sees them.
//
// A bound function is a C closure whose first upvalue is a userdata that owns the Swift function. An object is a userdata
// that owns a Swift reference. Both are allocated and marked empty first, get their metatable, and are filled last, so
// that a collection in between finds nothing to release.
#include <stdlib.h>
#include <string.h>

#include "luahost.h"

typedef struct {
    void *object;  ///< an owned Swift reference; NULL: empty or closed
    int64_t native_bytes;
} object_box;

// Addresses as registry and metatable keys that no script can spell.
static const char type_key, fields_key, view_key, function_box_key;

/// Puts the innermost script line before the message, looking through C functions such as pcall.
static void add_position(lua_State *L) {
    lua_Debug record;
    for (int level = 1; lua_getstack(L, level, &record); level++) {
        lua_getinfo(L, "Sl", &record);
        if (record.currentline <= 0) continue;
        lua_pushfstring(L, "%s:%d: ", record.short_src, record.currentline);
        lua_insert(L, -2);
        lua_concat(L, 2);
        return;
    }
}

int luahost_finish_native(lua_State *L, luahost *host, int status) {
    luahost_leave_native(host);
    if (status >= 0) return status;
    if (host->limit != LUAHOST_NO_LIMIT) luahost_raise_again(L);
    if (status == LUAHOST_RAISE_AT_CALLER && lua_type(L, -1) == LUA_TSTRING) add_position(L);
    return lua_error(L);
}

luahost *luahost_begin_native(lua_State *L) {
    luahost *host = host_of(L);
    if (host->limit != LUAHOST_NO_LIMIT) luahost_raise_again(L);
    luahost_enter_native(host);
    return host;
}

// MARK: Functions

static int call_function(lua_State *L) {
    object_box *box = lua_touserdata(L, lua_upvalueindex(1));
    if (box == NULL || box->object == NULL) return luaL_error(L, "attempt to call a function of a closed host");
    luahost *host = luahost_begin_native(L);
    return luahost_finish_native(L, host, host->callbacks.invoke(L, box->object));
}

bool luahost_called_without_colon(lua_State *L) {
    static const char *const kinds[] = {"field", "global", "local", "upvalue"};
    lua_Debug record;
    if (!lua_getstack(L, 0, &record)) return false;
    lua_getinfo(L, "n", &record);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(record.namewhat, kinds[i]) == 0) return true;
    return false;
}

static void release_box(lua_State *L, object_box *box) {
    void *object = box->object;
    if (object == NULL) return;
    luahost *host = host_of(L);
    box->object = NULL;
    host->native_bytes -= box->native_bytes;
    box->native_bytes = 0;
    host->live_objects--;
    host->callbacks.release(object);
}

/// True when the value at `index` has the metatable kept in the registry under `key`.
static bool has_metatable(lua_State *L, int index, const void *key) {
    if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index)) return false;
    lua_rawgetp(L, LUA_REGISTRYINDEX, key);
    bool equal = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return equal;
}

static int function_box_gc(lua_State *L) {
    if (has_metatable(L, 1, &function_box_key)) release_box(L, lua_touserdata(L, 1));
    return 0;
}

static object_box *new_box(lua_State *L, int user_values) {
    object_box *box = lua_newuserdatauv(L, sizeof *box, user_values);
    box->object = NULL;
    box->native_bytes = 0;
    return box;
}

void luahost_push_function(lua_State *L, void *function) {
    object_box *box = new_box(L, 0);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &function_box_key);
    lua_setmetatable(L, -2);
    box->object = function;
    host_of(L)->live_objects++;
    lua_pushcclosure(L, call_function, 1);
}

// MARK: Objects

void *luahost_object(lua_State *L, int index, void **type) {
    *type = NULL;
    if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index)) return NULL;
    lua_rawgetp(L, -1, &type_key);
    *type = lua_touserdata(L, -1);
    lua_pop(L, 2);
    if (*type == NULL) return NULL;
    return ((object_box *)lua_touserdata(L, index))->object;
}

static int object_gc(lua_State *L) {
    void *type;
    if (luahost_object(L, 1, &type) != NULL) release_box(L, lua_touserdata(L, 1));
    return 0;
}

void luahost_close_object(lua_State *L, int index) {
    void *type;
    if (luahost_object(L, index, &type) != NULL) release_box(L, lua_touserdata(L, index));
}

/// The live object at stack index 1, of the type that upvalue 2 names.
static void *self_object(lua_State *L) {
    void *type;
    void *object = luahost_object(L, 1, &type);
    if (type == NULL || type != lua_touserdata(L, lua_upvalueindex(2)))
        luaL_error(L, "bad self (%s expected, got %s)", lua_tostring(L, lua_upvalueindex(3)), luaL_typename(L, 1));
    if (object == NULL) luaL_error(L, "attempt to use a closed %s", lua_tostring(L, lua_upvalueindex(3)));
    return object;
}

/// __index, upvalues: fields, type, name. Methods and attached fields never enter Swift.
static int object_index(lua_State *L) {
    void *object = self_object(L);
    lua_settop(L, 2);
    if (lua_type(L, 2) == LUA_TSTRING) {
        lua_pushvalue(L, 2);
        int kind = lua_rawget(L, lua_upvalueindex(1));
        if (kind == LUA_TFUNCTION) return 1;
        if (kind == LUA_TNUMBER) {
            int32_t slot = (int32_t)lua_tointeger(L, -1);
            lua_settop(L, 2);
            luahost *host = luahost_begin_native(L);
            return luahost_finish_native(L, host, host->callbacks.get(L, object, slot));
        }
        lua_settop(L, 2);
        if (lua_getiuservalue(L, 1, 1) == LUA_TTABLE) {
            lua_pushvalue(L, 2);
            if (lua_rawget(L, -2) != LUA_TNIL) return 1;
        }
        lua_settop(L, 2);
    }
    luahost *host = luahost_begin_native(L);
    return luahost_finish_native(L, host, host->callbacks.index(L, object));
}

static int object_newindex(lua_State *L) {
    void *object = self_object(L);
    lua_settop(L, 3);
    luahost *host = luahost_begin_native(L);
    return luahost_finish_native(L, host, host->callbacks.set_index(L, object));
}

void luahost_push_new_type(lua_State *L, const char *name, void *type) {
    lua_createtable(L, 0, 12);
    lua_pushlightuserdata(L, type);
    lua_rawsetp(L, -2, &type_key);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, -3, &fields_key);
    static const struct {
        const char *name;
        lua_CFunction function;
    } access[] = {{"__index", object_index}, {"__newindex", object_newindex}};
    for (size_t i = 0; i < sizeof access / sizeof *access; i++) {
        lua_pushstring(L, access[i].name);
        lua_pushvalue(L, -2);
        lua_pushlightuserdata(L, type);
        lua_pushstring(L, name);
        lua_pushcclosure(L, access[i].function, 3);
        lua_rawset(L, -4);
    }
    lua_pop(L, 1);
    lua_pushliteral(L, "__gc");
    lua_pushcfunction(L, object_gc);
    lua_rawset(L, -3);
    lua_pushliteral(L, "__name");
    lua_pushstring(L, name);
    lua_rawset(L, -3);
    lua_pushliteral(L, "__metatable");
    lua_pushboolean(L, 0);
    lua_rawset(L, -3);
}

void luahost_push_type_fields(lua_State *L, int index) { lua_rawgetp(L, index, &fields_key); }

void luahost_push_object(lua_State *L, int metatable_reference, void *object, int64_t native_bytes) {
    luahost *host = host_of(L);
    if (native_bytes > 0) luahost_adjust_native_bytes(L, native_bytes);
    object_box *box = new_box(L, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, metatable_reference);
    lua_setmetatable(L, -2);
    box->object = object;
    box->native_bytes = native_bytes > 0 ? native_bytes : 0;
    host->live_objects++;
}

void luahost_attach_field(lua_State *L, int index, const char *name) {
    index = lua_absindex(L, index);
    if (lua_getiuservalue(L, index, 1) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_setiuservalue(L, index, 1);
    }
    lua_pushstring(L, name);
    lua_rotate(L, -3, -1);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

// MARK: Read-only views

static int view_newindex(lua_State *L) {
    const char *name = lua_tostring(L, lua_upvalueindex(1));
    if (lua_type(L, 2) == LUA_TSTRING)
        return luaL_error(L, "attempt to change '%s' of %s, which is read-only", lua_tostring(L, 2), name);
    return luaL_error(L, "attempt to change %s, which is read-only", name);
}

/// Upvalues: the table, the sorted array of its keys, the place in it.
static int view_next(lua_State *L) {
    lua_Integer place = lua_tointeger(L, lua_upvalueindex(3)) + 1;
    lua_pushinteger(L, place);
    lua_replace(L, lua_upvalueindex(3));
    if (lua_rawgeti(L, lua_upvalueindex(2), place) == LUA_TNIL) return 1;
    lua_pushvalue(L, -1);
    lua_rawget(L, lua_upvalueindex(1));
    return 2;
}

static int compare_names(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/// Upvalue: the table. Host tables have string keys only; the order is that of their bytes, never that of the hash,
/// which differs from run to run.
static int view_pairs(lua_State *L) {
    lua_Integer count = 0;
    for (lua_pushnil(L); lua_next(L, lua_upvalueindex(1)); lua_pop(L, 1)) count += lua_type(L, -2) == LUA_TSTRING;
    const char **names = lua_newuserdatauv(L, sizeof(char *) * (size_t)(count + 1), 0);
    size_t filled = 0;
    for (lua_pushnil(L); lua_next(L, lua_upvalueindex(1)); lua_pop(L, 1))
        if (lua_type(L, -2) == LUA_TSTRING) names[filled++] = lua_tostring(L, -2);
    qsort(names, filled, sizeof *names, compare_names);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_createtable(L, (int)filled, 0);
    for (size_t i = 0; i < filled; i++) {
        lua_pushstring(L, names[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, view_next, 3);
    return 1;
}

void luahost_set_absent(lua_State *L, int index) {
    index = lua_absindex(L, index);
    lua_createtable(L, 0, 1);
    lua_rotate(L, -2, 1);
    lua_pushliteral(L, "__index");
    lua_rotate(L, -2, 1);
    lua_rawset(L, -3);
    lua_setmetatable(L, index);
}

void luahost_push_read_only(lua_State *L, int index, const char *name) {
    index = lua_absindex(L, index);
    // On top: the function for absent keys, or nil.
    if (lua_isnil(L, -1)) lua_pop(L, 1);
    else luahost_set_absent(L, index);
    lua_newtable(L);
    lua_createtable(L, 0, 6);
    lua_pushvalue(L, index);
    lua_rawsetp(L, -2, &view_key);
    lua_pushliteral(L, "__index");
    lua_pushvalue(L, index);
    lua_rawset(L, -3);
    lua_pushliteral(L, "__newindex");
    lua_pushstring(L, name);
    lua_pushcclosure(L, view_newindex, 1);
    lua_rawset(L, -3);
    lua_pushliteral(L, "__pairs");
    lua_pushvalue(L, index);
    lua_pushcclosure(L, view_pairs, 1);
    lua_rawset(L, -3);
    lua_pushliteral(L, "__name");
    lua_pushstring(L, name);
    lua_rawset(L, -3);
    lua_pushliteral(L, "__metatable");
    lua_pushboolean(L, 0);
    lua_rawset(L, -3);
    lua_setmetatable(L, -2);
}

bool luahost_push_behind_read_only(lua_State *L, int index) {
    if (lua_type(L, index) != LUA_TTABLE || !lua_getmetatable(L, index)) return false;
    if (lua_rawgetp(L, -1, &view_key) == LUA_TNIL) {
        lua_pop(L, 2);
        return false;
    }
    lua_remove(L, -2);
    return true;
}

bool luahost_is_read_only(lua_State *L, int index) {
    if (!luahost_push_behind_read_only(L, index)) return false;
    lua_pop(L, 1);
    return true;
}

void luahost_open_objects(lua_State *L) {
    lua_createtable(L, 0, 2);
    lua_pushliteral(L, "__gc");
    lua_pushcfunction(L, function_box_gc);
    lua_rawset(L, -3);
    lua_pushliteral(L, "__metatable");
    lua_pushboolean(L, 0);
    lua_rawset(L, -3);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &function_box_key);
}
