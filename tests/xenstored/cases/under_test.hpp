#pragma once

#include <lodger/store/client.hpp>
#include <lodger/tests/xenstored/cases/expect.hpp>

#include <concepts>
#include <functional>
#include <string>
#include <string_view>

namespace lodger::store_cases {

/// A XenStore to try the client on: with a guest, the one in which a case runs; another guest; and
/// dom0, who may do everything and needs no client. The guests are set up as libxl does it: their
/// home is not theirs, `data` in it is.
///
/// `rounds` says how often to repeat what must not wear out: more than watches are allowed.
/// `start` runs something in a new thread of one of the guests, and only a guest's threads may use
/// it; `join` waits until all that were started have ended.
template <class S>
concept StoreUnderTest =
    Hypervisor<typename S::Guest> &&
    requires(
        S& s, std::string_view path, std::string_view value, typename S::Guest& guest,
        std::function<void()> body, store::Permissions const& permissions, int count) {
        { S::rounds } -> std::convertible_to<int>;
        { s.guest() } -> std::same_as<typename S::Guest&>;
        { s.other() } -> std::same_as<typename S::Guest&>;
        { s.guest_id() } -> std::same_as<Domain>;
        { s.other_id() } -> std::same_as<Domain>;
        { s.page(guest) } -> std::same_as<store::Page&>;
        { s.port(guest) } -> std::same_as<Port>;
        { s.write(path, value) } -> std::same_as<void>;
        // `path` with each number below `count` behind it
        { s.write_numbered(std::string{path}, count, value) } -> std::same_as<void>;
        { s.rm(path) } -> std::same_as<void>;
        { s.permit(path, permissions) } -> std::same_as<void>;
        { s.read(path) } -> std::same_as<std::string>; // empty if there is none
        { s.start(guest, body) } -> std::same_as<void>;
        { s.join() } -> std::same_as<void>;
    };

/// Where the identifiers can be chosen.
inline constexpr Domain usual_guest{5};
inline constexpr Domain usual_other{6};

inline std::string home_of(Domain domain, std::string_view below)
{
    std::string path = "/local/domain/" + std::to_string(domain.value);
    if (!below.empty())
        path.append("/").append(below);
    return path;
}

/// A path below the guest's home, or the home itself; and in the other guest's.
template <class S>
std::string home(S& s, std::string_view below = {})
{
    return home_of(s.guest_id(), below);
}
template <class S>
std::string other_home(S& s, std::string_view below)
{
    return home_of(s.other_id(), below);
}

inline store::Permissions of_dom0(store::Rights of_others)
{
    return {{Domain{0}, of_others}};
}
template <class S>
store::Permissions readable_by_guest(S& s)
{
    return {{Domain{0}, store::Rights::none}, {s.guest_id(), store::Rights::read}};
}
template <class S>
store::Permissions shared_by_both(S& s)
{
    return {{s.guest_id(), store::Rights::none}, {s.other_id(), store::Rights::both}};
}

template <StoreUnderTest S>
using ClientOf = store::Client<typename S::Guest>;

/// What not every store under test has.
enum class Needs { nothing, other_guest, watch_depth, get_feature };

/// A case, run in a thread of the guest's with a client that has been started.
template <StoreUnderTest S>
struct Case {
    std::string_view name;
    Result<> (*run)(S& s, ClientOf<S>& client);
    Needs needs = Needs::nothing;
};

/// What the other guest does, with a client of its own, beside the case.
template <StoreUnderTest S>
class InOther {
public:
    InOther(S& s, std::function<Result<>(ClientOf<S>&)> body) : s_{s}, body_{std::move(body)}
    {
        s_.start(s_.other(), [this] {
            ClientOf<S> client{s_.other(), s_.page(s_.other()), s_.port(s_.other())};
            outcome_ = expect(client.start());
            if (outcome_)
                outcome_ = body_(client);
        });
    }
    InOther(InOther const&) = delete;
    InOther& operator=(InOther const&) = delete;
    ~InOther() { s_.join(); }

    /// Waits until it has ended.
    Result<> join()
    {
        s_.join();
        return outcome_;
    }

private:
    S& s_;
    std::function<Result<>(ClientOf<S>&)> body_;
    Result<> outcome_;
};

/// What a case needs and there is not, in words; empty if there is nothing in its way.
template <class C>
std::string_view unmet(Needs needs, C& client, bool has_other_guest)
{
    bool const has_depth = client.connection().server_features() & store::feature_watch_depth;
    switch (needs) {
    case Needs::nothing: return {};
    case Needs::other_guest: return has_other_guest ? "" : "a second guest";
    case Needs::watch_depth: return has_depth ? "" : "a daemon with watches of limited depth";
    case Needs::get_feature: {
        auto const features = client.features();
        bool const unknown = !features && features.error() == Errc::not_implemented;
        return unknown ? "a daemon that tells its features" : "";
    }
    }
    return {};
}

/// Runs a case with a client of its own, or says what it lacks.
template <StoreUnderTest S>
Result<> run_case(S& s, Case<S> const& one)
{
    ClientOf<S> client{s.guest(), s.page(s.guest()), s.port(s.guest())};
    LODGER_TRY(expect(client.start()));
    if (auto const lacking = unmet(one.needs, client, true); !lacking.empty()) {
        report(Place::current(), "skipped: needs " + std::string{lacking});
        return {};
    }
    return one.run(s, client);
}

} // namespace lodger::store_cases
