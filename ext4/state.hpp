#pragma once

#include <lodger/ext4/contents.hpp>
#include <lodger/ext4/file_system.hpp>
#include <lodger/ext4/tree.hpp>

#include <pthread.h>

namespace lodger::ext4 {

/// What a mounted file system consists of.
struct FileSystem::State {
    explicit State(std::unique_ptr<Volume> opened)
        : volume{std::move(opened)},
          inodes{*volume},
          tree{*volume, inodes}
    {
    }

    std::unique_ptr<Volume> volume;
    Inodes inodes;
    Tree tree;
    bool is_closed = false;
    pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
};

/// Does something while no other thread is in the file system. What is damaged is `io`, which is
/// the error that programs know.
template <class Do>
auto FileSystem::alone(Do what) -> decltype(what())
{
    if (pthread_mutex_lock(&state_->turn) != 0)
        return Failure{Errc::would_deadlock};
    auto done = state_->is_closed ? decltype(what()){Failure{Errc::disconnected}} : what();
    pthread_mutex_unlock(&state_->turn);
    if (!done && done.error() == Errc::protocol)
        return Failure{Errc::io};
    return done;
}

template <class Change>
Result<> FileSystem::change_alone(Change what)
{
    return alone([&]() -> Result<> { return state_->volume->change(what); });
}

/// What POSIX lets a program change of a file.
Result<> apply(BlockCache& cache, Inode& inode, posix::Changes const& changes);

} // namespace lodger::ext4
