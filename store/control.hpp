#pragma once

#include <lodger/store/connection.hpp>
#include <lodger/store/value.hpp>

namespace lodger::store {

/// What only a privileged domain may ask of XenStore, such as a control domain: any other hears
/// `denied`. Source: docs/misc/xenstore.txt, "Domain management and xenstored communications".
template <Hypervisor H>
class Control {
public:
    explicit Control(Connection<H>& connection) : connection_{connection} {}

    /// Has the daemon serve a domain.
    /// @param page the domain's XenStore page
    /// @param port of the domain, on which the daemon will bind
    Result<> introduce(Domain domain, Gfn page, Port port, Deadline deadline)
    {
        return perform(Type::introduce, {text(domain), text(page), text(port)}, deadline);
    }

    /// Has the daemon serve a domain no longer.
    Result<> release(Domain domain, Deadline deadline)
    {
        return perform(Type::release, {text(domain)}, deadline);
    }

    Result<bool> is_introduced(Domain domain, Deadline deadline)
    {
        std::array<char, 8> buffer;
        auto const reply =
            LODGER_TRY(call(Type::is_domain_introduced, {text(domain)}, buffer, deadline));
        if (reply != "T" && reply != "F")
            return Failure{Errc::protocol};
        return reply == "T";
    }

    /// Has `@releaseDomain` fire again for a domain that was shut down and goes on.
    Result<> resume(Domain domain, Deadline deadline)
    {
        return perform(Type::resume, {text(domain)}, deadline);
    }

    /// Gives `domain` the rights of `target`.
    Result<> set_target(Domain domain, Domain target, Deadline deadline)
    {
        return perform(Type::set_target, {text(domain), text(target)}, deadline);
    }

    /// A command to the daemon itself, such as `check` or `help`.
    /// @param parameter one parameter, or empty
    Result<std::string_view> command(
        std::string_view command, std::string_view parameter, std::span<char> buffer,
        Deadline deadline)
    {
        using namespace std::literals;
        std::string_view const end = parameter.empty() ? ""sv : "\0"sv;
        return connection_.call(
            {.type = Type::control, .pieces = {command, "\0"sv, parameter, end}}, buffer, deadline);
    }

    /// The features of docs/misc/xenstore-ring.txt that a domain is shown, as a bit set.
    Result<std::uint32_t> features(Domain domain, Deadline deadline)
    {
        return number<std::uint32_t>(Type::get_feature, {text(domain)}, deadline);
    }
    /// Only before the domain is introduced.
    Result<> set_features(Domain domain, std::uint32_t features, Deadline deadline)
    {
        return perform(Type::set_feature, {text(domain), text(features)}, deadline);
    }

    /// @param name such as `nodes`, `watches`, `transactions`
    Result<std::uint32_t> quota(Domain domain, std::string_view name, Deadline deadline)
    {
        return number<std::uint32_t>(
            Type::get_quota, {text(domain), LODGER_TRY(Argument::of(name))}, deadline);
    }
    Result<> set_quota(Domain domain, std::string_view name, std::uint32_t value, Deadline deadline)
    {
        return perform(
            Type::set_quota, {text(domain), LODGER_TRY(Argument::of(name)), text(value)}, deadline);
    }

private:
    using Argument = Text<32>;
    using Arguments = std::array<Argument, 3>;

    template <Value T>
    static Argument text(T const& value)
    {
        // A number of any kind is shorter than an argument may be.
        return Argument::of(Codec<T>::format(value).view()).value();
    }

    Result<std::string_view>
    call(Type type, Arguments const& arguments, std::span<char> buffer, Deadline deadline)
    {
        using namespace std::literals;
        Request request{.type = type};
        for (std::size_t i = 0; i < arguments.size() && !arguments[i].view().empty(); ++i) {
            request.pieces[2 * i] = arguments[i];
            request.pieces[2 * i + 1] = "\0"sv;
        }
        auto const reply = LODGER_TRY(connection_.call(request, buffer, deadline));
        return reply.substr(0, reply.find('\0'));
    }

    Result<> perform(Type type, Arguments const& arguments, Deadline deadline)
    {
        LODGER_TRY(call(type, arguments, {}, deadline));
        return {};
    }

    template <Value T>
    Result<T> number(Type type, Arguments const& arguments, Deadline deadline)
    {
        std::array<char, 32> buffer;
        return Codec<T>::parse(LODGER_TRY(call(type, arguments, buffer, deadline)));
    }

    Connection<H>& connection_;
};

} // namespace lodger::store
