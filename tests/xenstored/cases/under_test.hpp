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
/// `start` runs something in a new thread of one of the guests, and only a guest's threads may use
/// it; `join` waits until all that were started have ended. Permissions are written as on the wire,
/// such as "n0\0r5\0".
template <class S>
concept StoreUnderTest =
    Hypervisor<typename S::Guest> && requires(
                                         S& s, std::string_view path, std::string_view value,
                                         typename S::Guest& guest, std::function<void()> body) {
        { s.guest() } -> std::same_as<typename S::Guest&>;
        { s.other() } -> std::same_as<typename S::Guest&>;
        { s.guest().store_page() } -> std::same_as<store::Page&>;
        { s.guest().store_port() } -> std::same_as<Port>;
        { s.write(path, value) } -> std::same_as<void>;
        { s.rm(path) } -> std::same_as<void>;
        { s.permit(path, value) } -> std::same_as<void>;
        { s.read(path) } -> std::same_as<std::string>; // empty if there is none
        { s.start(guest, body) } -> std::same_as<void>;
        { s.join() } -> std::same_as<void>;
    };

inline constexpr Domain guest_id{5};
inline constexpr Domain other_id{6};

template <StoreUnderTest S>
using ClientOf = store::Client<typename S::Guest>;

/// A case, run in a thread of the guest's with a client that has been started.
template <StoreUnderTest S>
struct Case {
    std::string_view name;
    Result<> (*run)(S& s, ClientOf<S>& client);
};

/// What the other guest does, with a client of its own, beside the case.
template <StoreUnderTest S>
class InOther {
public:
    InOther(S& s, std::function<Result<>(ClientOf<S>&)> body) : s_{s}, body_{std::move(body)}
    {
        s_.start(s_.other(), [this] {
            ClientOf<S> client{s_.other(), s_.other().store_page(), s_.other().store_port()};
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

/// Runs a case with a client of its own.
template <StoreUnderTest S>
Result<> run_case(S& s, Case<S> const& one)
{
    ClientOf<S> client{s.guest(), s.guest().store_page(), s.guest().store_port()};
    LODGER_TRY(expect(client.start()));
    LODGER_TRY(one.run(s, client));
    return {};
}

} // namespace lodger::store_cases
