#pragma once

#include <lodger/store/client.hpp>

#include <optional>

namespace lodger::xenbus {

/// What a toolstack asks of a guest in `control/shutdown`.
enum class Command : std::uint8_t { poweroff, halt, reboot, suspend, crash };

/// Something to be done, in the thread that serves `control/`; none if `call` is null.
template <class... Arguments>
struct Action {
    void (*call)(void* object, Arguments... arguments) = nullptr;
    void* object = nullptr;

    explicit operator bool() const { return call != nullptr; }
    void operator()(Arguments... arguments) const { call(object, arguments...); }
};

/// What the guest does when it is asked. What has no action is not advertised, and is left
/// unanswered. Actions may wait.
struct ControlActions {
    Action<> poweroff, halt, reboot, suspend, crash;
    Action<char> sysrq;                  ///< one key, as Linux understands it
    Action<std::uint64_t> memory_target; ///< KiB that the guest is to use

    Action<> const& of(Command command) const
    {
        switch (command) {
        case Command::poweroff: return poweroff;
        case Command::halt: return halt;
        case Command::reboot: return reboot;
        case Command::suspend: return suspend;
        case Command::crash: return crash;
        }
        return crash;
    }
};

/// A command by its name in XenStore; nothing for all else that may stand there.
constexpr std::optional<Command> command_named(std::string_view name)
{
    constexpr std::array<std::string_view, 5> names{
        "poweroff", "halt", "reboot", "suspend", "crash"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (name == names[i])
            return static_cast<Command>(i);
    }
    return std::nullopt;
}

/// Obeys the toolstack: `control/shutdown`, `control/sysrq`, `memory/target`. A request is taken
/// out of its node in a transaction, which is how the toolstack knows that it was understood, and
/// carried out then; unknown and empty values stay as they are. Borrows the client, and the
/// actions, which may be changed at any time.
/// Source: docs/misc/xenstore-paths.pandoc, "~/control/shutdown"; tools/libs/light/libxl_domain.c.
template <ThreadedHypervisor H>
class Control {
public:
    Control(store::Client<H>& store, ControlActions const& actions)
        : store_{store},
          actions_{actions}
    {
    }
    Control(Control const&) = delete;
    Control& operator=(Control const&) = delete;

    /// Serves in a thread of its own, from now on.
    Result<> start()
    {
        return store_.hypervisor().start_thread(
            "control", [](void* self) { static_cast<Control*>(self)->run(); }, this);
    }

    /// Serves until a wait is cancelled.
    void run()
    {
        constexpr Duration pause = std::chrono::seconds{1};
        while (true) {
            auto const served = serve();
            if (!served && served.error() == Errc::cancelled)
                return;
            if (served && has_news())
                continue;
            auto const until = served ? Deadline::never() : after(store_.hypervisor(), pause);
            auto const waited = store_.connection().wait_idly(until);
            if (!waited && waited.error() == Errc::cancelled)
                return;
        }
    }

private:
    /// A node that is watched, and what follows from what stands there.
    struct Topic {
        std::string_view path;
        Result<> (Control::*look)();
        std::optional<store::Watch<H>> watch{};
        bool has_news = false;
    };

    /// Does all that there is to do now.
    Result<> serve()
    {
        LODGER_TRY(advertise());
        for (Topic& topic : topics_) {
            if (!topic.watch)
                topic.watch.emplace(LODGER_TRY(store_.watch(topic.path)));
            if (topic.watch->has_event()) {
                topic.watch->discard_events();
                topic.has_news = true;
            }
            if (!topic.has_news)
                continue;
            topic.has_news = false;
            auto const looked = (this->*topic.look)();
            topic.has_news |= !looked; // It is looked at again, later.
            LODGER_TRY(looked);
        }
        return {};
    }

    bool has_news() const
    {
        return std::ranges::any_of(
            topics_, [](Topic const& topic) { return topic.watch && topic.watch->has_event(); });
    }

    /// Says what the guest can be asked for; again in each restored domain. An older toolstack has
    /// no such nodes, and lets nobody make them.
    Result<> advertise()
    {
        if (advertised_in_ == store_.connection().epoch())
            return {};
        auto const mark = [](Action<> const& action) -> std::string_view {
            return action ? "1" : "0";
        };
        std::array const features{
            store::Assignment{"control/feature-poweroff", mark(actions_.poweroff)},
            store::Assignment{"control/feature-reboot", mark(actions_.reboot)},
            store::Assignment{"control/feature-suspend", mark(actions_.suspend)}};
        std::uint32_t const epoch = store_.connection().epoch();
        auto const written = store_.operations().write_all(features, store_.patience());
        if (!written && written.error() != Errc::denied && written.error() != Errc::not_found)
            return written;
        advertised_in_ = epoch;
        return {};
    }

    Result<> look_at_shutdown()
    {
        auto const command =
            LODGER_TRY(take<Command>("control/shutdown", [this](std::string_view text) {
                auto const named = command_named(text);
                return named && actions_.of(*named) ? named : std::nullopt;
            }));
        if (command)
            actions_.of (*command)();
        return {};
    }

    Result<> look_at_sysrq()
    {
        auto const key = LODGER_TRY(take<char>("control/sysrq", [this](std::string_view text) {
            return text.size() == 1 && actions_.sysrq ? std::optional{text[0]} : std::nullopt;
        }));
        if (key)
            actions_.sysrq(*key);
        return {};
    }

    /// A target is no request that is taken: it stands, and holds.
    Result<> look_at_target()
    {
        auto const target = store_.template read<std::uint64_t>("memory/target");
        if (!target && !says_nothing(target.error()) && target.error() != Errc::protocol)
            return Failure{target.error()};
        if (target && actions_.memory_target)
            actions_.memory_target(*target);
        return {};
    }

    /// What is asked for in a node, if it is understood; then the node is empty afterwards.
    template <class T, class Understand>
    Result<std::optional<T>> take(std::string_view path, Understand understand)
    {
        Deadline const deadline = store_.patience();
        // Most of the time there is nothing, and that needs no transaction.
        auto operations = store_.operations();
        if (!LODGER_TRY(read<T>(operations, path, understand, deadline)))
            return std::optional<T>{};
        return store_.transaction(
            [&](store::Operations<H>& in) -> Result<std::optional<T>> {
                auto const asked = LODGER_TRY(read<T>(in, path, understand, deadline));
                if (asked)
                    LODGER_TRY(in.write(path, "", deadline));
                return asked;
            },
            deadline);
    }

    template <class T, class Understand>
    static Result<std::optional<T>> read(
        store::Operations<H>& operations, std::string_view path, Understand understand,
        Deadline deadline)
    {
        std::array<char, 32> buffer;
        auto const text = operations.read(path, buffer, deadline);
        if (text)
            return std::optional<T>{understand(*text)};
        if (says_nothing(text.error()))
            return std::optional<T>{};
        return Failure{text.error()};
    }

    /// Not there, not ours to know, or longer than any request.
    static bool says_nothing(Errc error)
    {
        return error == Errc::not_found || error == Errc::denied || error == Errc::too_large;
    }

    store::Client<H>& store_;
    ControlActions const& actions_;
    std::array<Topic, 3> topics_{
        Topic{"control/shutdown", &Control::look_at_shutdown},
        Topic{"control/sysrq", &Control::look_at_sysrq},
        Topic{"memory/target", &Control::look_at_target}};
    std::optional<std::uint32_t> advertised_in_; ///< the connection's epoch
};

} // namespace lodger::xenbus
