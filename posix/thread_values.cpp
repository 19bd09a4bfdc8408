/// What a thread keeps under a key, and who looks after it at the thread's end.

#include <lodger/runtime/thread.hpp>

#include <array>
#include <cerrno>
#include <pthread.h>
#include <utility>

using lodger::runtime::Thread;
using lodger::runtime::ThreadExit;

namespace {

struct Key {
    bool taken = false;
    /// Counts those who have had this key: a value that an earlier one left behind is none.
    unsigned holder = 0;
    void (*destructor)(void*) = nullptr;
};

struct Value {
    unsigned holder = 0;
    void* pointer = nullptr;
};

constinit std::array<Key, PTHREAD_KEYS_MAX> keys;
constinit thread_local std::array<Value, PTHREAD_KEYS_MAX> values;
constinit thread_local ThreadExit at_end{};

bool is_taken(pthread_key_t key)
{
    return key < keys.size() && keys[key].taken;
}

/// @return whether a destructor was called, which may have set values anew
bool destroy_values()
{
    bool any = false;
    for (pthread_key_t key = 0; key < keys.size(); ++key) {
        void* const value = pthread_getspecific(key);
        if (!value || !keys[key].destructor)
            continue;
        values[key].pointer = nullptr;
        keys[key].destructor(value);
        any = true;
    }
    return any;
}

/// Behind the destructors of `thread_local` objects, which may use values still.
void see_to_the_end()
{
    if (at_end.call)
        return;
    at_end.call = [](void*) {
        for (int i = 0; i < PTHREAD_DESTRUCTOR_ITERATIONS && destroy_values(); ++i)
            ;
    };
    at_end.release = [](ThreadExit*) {};
    Thread::after_exits(at_end);
}

} // namespace

extern "C" {

int pthread_key_create(pthread_key_t* key, void (*destructor)(void*))
{
    for (*key = 0; *key < keys.size(); ++*key) {
        Key& place = keys[*key];
        if (!place.taken) {
            place = {true, place.holder + 1, destructor};
            return 0;
        }
    }
    return EAGAIN;
}

int pthread_key_delete(pthread_key_t key)
{
    if (!is_taken(key))
        return EINVAL;
    keys[key].taken = false;
    return 0;
}

int pthread_setspecific(pthread_key_t key, void const* value)
{
    if (!is_taken(key))
        return EINVAL;
    values[key] = {keys[key].holder, const_cast<void*>(value)};
    see_to_the_end();
    return 0;
}

void* pthread_getspecific(pthread_key_t key)
{
    bool const is_own = is_taken(key) && values[key].holder == keys[key].holder;
    return is_own ? values[key].pointer : nullptr;
}
}
