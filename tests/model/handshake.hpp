#pragma once

#include <lodger/core/owned.hpp>
#include <lodger/tests/model/explore.hpp>
#include <lodger/tests/model/replay.hpp>
#include <lodger/xenbus/state.hpp>

#include <algorithm>
#include <exception>
#include <optional>

namespace lodger::model {

using enum xenbus::State;

using Peer = std::optional<xenbus::State>;

/// A `state` key as a byte of a model's state: what `State` is, or that there is none.
inline constexpr std::uint8_t absent = 0xff;
constexpr std::uint8_t byte_of(Peer peer)
{
    return peer ? static_cast<std::uint8_t>(*peer) : absent;
}
constexpr Peer peer_of(std::uint8_t byte)
{
    return byte == absent ? Peer{} : Peer{static_cast<xenbus::State>(byte)};
}
inline std::string name_of(std::uint8_t byte)
{
    return byte == absent ? "nothing" : std::string{xenbus::name(static_cast<xenbus::State>(byte))};
}

/// All that an end may find in a `state` key, as text: the nine states, and garbage.
inline constexpr std::array<std::string_view, 10> sayings = {"0", "1", "2", "3", "4",
                                                             "5", "6", "7", "8", "garbage"};

/// What a link is made of; all of it is taken back, and once.
enum class Resource : std::uint8_t { ring, grant, port };
inline constexpr std::size_t resources = 3;

/// Which offer something is about. Keys carry a generation, and all that matters of it is whether
/// it is the present one: the frontend's one live link, or what was last offered to the backend.
enum class Generation : std::uint8_t { none, live, stale };

/// The book of what is held: a byte a resource, in the model's state.
using Held = std::array<std::uint8_t, resources>;

/// What may come of an access to XenStore.
enum Outcome : std::uint8_t {
    done,
    refused,
    unheard, ///< it was done, and we are told that it was not
    is_gone, ///< the device is not there, or another one
};

/// What a call has come to since it was last stopped, in words.
struct Story {
    std::string text;

    void tell(std::string_view what, std::string_view more = "")
    {
        text.append(", ").append(what).append(more);
    }
};

/// Leads a machine and its driver through one call: tells what they do from what they only do again
/// (`Replay`), and from what is done to put the machine into the phase that it is in, which is
/// silent: it has no effect.
class Conductor {
public:
    static constexpr std::size_t most = 28;
    using Accesses = Log<std::uint8_t, most>;

    /// @param outcome which of the possible outcomes the new access has
    Conductor(Accesses& accesses, Held& held, std::uint8_t outcome)
        : replay_{accesses},
          held_{held},
          outcome_{outcome}
    {
    }
    Conductor(Conductor const&) = delete;
    Conductor& operator=(Conductor const&) = delete;

    /// Whoever is thrown out of a call has no effect on his way either.
    bool is_silent() const { return is_silent_ || std::uncaught_exceptions() > 0; }
    void set_silent(bool silent) { is_silent_ = silent; }
    /// From now on calls go on to their end.
    void go_through() { replay_.go_through(); }

    template <class Perform>
    std::uint8_t access(Perform perform)
    {
        return replay_.access([&] { return static_cast<std::uint8_t>(perform()); });
    }

    /// One of several outcomes of an access.
    std::uint8_t choose(std::uint8_t outcomes)
    {
        outcomes_ = outcomes;
        return std::min<std::uint8_t>(outcome_, outcomes - 1);
    }
    std::uint8_t outcomes() const { return outcomes_; }

    void take(Resource resource)
    {
        if (is_silent())
            return;
        replay_.effect([&] {
            if (held_[static_cast<std::size_t>(resource)]++ != 0)
                flaw_ = "a resource is taken again before it was given back";
        });
    }

    void give_back(Resource resource)
    {
        if (is_silent())
            return;
        replay_.effect([&] {
            if (held_[static_cast<std::size_t>(resource)]-- == 0)
                flaw_ = "a resource is given back twice";
            if (must_keep)
                flaw_ = "a resource is given back while the other end uses it";
        });
    }

    /// What went wrong where nothing can be thrown.
    void check() const
    {
        if (flaw_)
            throw Violation{flaw_};
    }

    /// The other end uses what is held.
    bool must_keep = false;

private:
    Replay<std::uint8_t, most> replay_;
    Held& held_;
    std::uint8_t outcome_;
    std::uint8_t outcomes_ = 1;
    bool is_silent_ = true;
    char const* flaw_ = nullptr;
};

inline void give_back(Conductor& conductor, Resource resource)
{
    conductor.give_back(resource);
}

/// A resource, owned as the library owns its own.
class Part : public Owned<Conductor, Resource, give_back> {
public:
    Part(Conductor& conductor, Resource resource) : Owned{conductor, resource}
    {
        conductor.take(resource);
    }
};

/// What is shared with the other end.
struct Link {
    explicit Link(Conductor& conductor)
        : ring{conductor, Resource::ring},
          grant{conductor, Resource::grant},
          port{conductor, Resource::port}
    {
    }

    Part ring;
    Part grant;
    Part port;
    bool is_lost = false;
};

} // namespace lodger::model
