#pragma once

#include <lodger/tests/xenstored/cases/under_test.hpp>

namespace lodger::store_cases {

using namespace std::literals;

template <class S>
Result<> reads_what_was_written(S& s, ClientOf<S>& client)
{
    std::array<char, 4096> buffer;
    LODGER_TRY(expect(client.write("data/a", "x"sv)));
    LODGER_TRY(expect(LODGER_TRY(expect(client.read("data/a", buffer))) == "x"));
    LODGER_TRY(expect(s.read(home(s, "data/a")) == "x"));
    LODGER_TRY(expect(client.write(std::string_view{home(s, "data/a")}, "longer than before"sv)));
    LODGER_TRY(expect(LODGER_TRY(expect(client.read("data/a", buffer))) == "longer than before"));
    LODGER_TRY(expect(client.write("data/a", ""sv)));
    LODGER_TRY(expect(LODGER_TRY(expect(client.read("data/a", buffer))).empty()));
    LODGER_TRY(expect_error(client.read("data/b", buffer), Errc::not_found));
    LODGER_TRY(expect(LODGER_TRY(expect(client.exists("data/a")))));
    return expect(!LODGER_TRY(expect(client.exists("data/b"))));
}

template <class S>
Result<> values_are_any_bytes(S& s, ClientOf<S>& client)
{
    std::array<char, 256> every;
    for (std::size_t i = 0; i < every.size(); ++i)
        every[i] = static_cast<char>(i);
    std::string_view const value{every.data(), every.size()};
    std::array<char, 256> buffer;
    LODGER_TRY(expect(client.write("data/binary", value)));
    LODGER_TRY(expect(LODGER_TRY(expect(client.read("data/binary", buffer))) == value));
    LODGER_TRY(expect(s.read(home(s, "data/binary")) == value));
    // One byte too few to hold it.
    return expect_error(client.read("data/binary", std::span{buffer}.first(255)), Errc::too_large);
}

template <class S>
Result<> values_have_types(S& s, ClientOf<S>& client)
{
    LODGER_TRY(expect(client.write("data/number", std::int64_t{-9'000'000'000})));
    LODGER_TRY(expect(s.read(home(s, "data/number")) == "-9000000000"));
    LODGER_TRY(expect(
        LODGER_TRY(expect(client.template read<std::int64_t>("data/number"))) == -9'000'000'000));
    LODGER_TRY(expect_error(client.template read<std::uint64_t>("data/number"), Errc::protocol));
    LODGER_TRY(expect_error(client.template read<std::int32_t>("data/number"), Errc::protocol));
    LODGER_TRY(expect(client.write("data/switch", true)));
    LODGER_TRY(expect(LODGER_TRY(expect(client.template read<bool>("data/switch")))));
    for (auto const bad : {""sv, " 1"sv, "1 "sv, "1\0"sv, "0x1"sv, "one"sv}) {
        LODGER_TRY(expect(client.write("data/number", bad)));
        LODGER_TRY(expect_error(client.template read<unsigned>("data/number"), Errc::protocol));
    }
    return {};
}

template <class S>
Result<> directories(S& s, ClientOf<S>& client)
{
    std::array<char, 256> buffer;
    LODGER_TRY(expect(client.mkdir("data/one/two/three")));
    LODGER_TRY(expect(client.mkdir("data/one"))); // again: fine
    LODGER_TRY(expect(client.write("data/one/b/c", "x"sv)));
    std::string names;
    for (auto const name : LODGER_TRY(expect(client.directory("data/one", buffer))))
        names += std::string{name} + ' ';
    LODGER_TRY(expect(names == "two b " || names == "b two "));
    LODGER_TRY(expect(LODGER_TRY(expect(client.directory("data/one/b/c", buffer))).empty()));
    LODGER_TRY(expect(LODGER_TRY(expect(client.list("data/one"))).size() == 6));
    LODGER_TRY(expect_error(client.directory("data/none", buffer), Errc::not_found));
    LODGER_TRY(expect_error(client.list("data/none"), Errc::not_found));
    LODGER_TRY(expect(client.rm("data/one")));
    LODGER_TRY(expect(!LODGER_TRY(expect(client.exists("data/one/two/three")))));
    LODGER_TRY(expect(client.rm("data/one"))); // its parent is there: fine
    LODGER_TRY(expect_error(client.rm("data/none/one"), Errc::not_found));
    return expect(s.read(home(s, "data/one/b/c")).empty());
}

template <class S>
Result<> what_is_not_ours_is_denied(S& s, ClientOf<S>& client)
{
    std::array<char, 256> buffer;
    s.write("/private", "secret");
    s.permit("/private", of_dom0(store::Rights::none));
    s.write(home(s, "control/shutdown-reason"), "none");
    s.permit(home(s, "control/shutdown-reason"), readable_by_guest(s));
    auto const theirs = other_home(s, "data");
    LODGER_TRY(expect_error(client.read("/private", buffer), Errc::denied));
    LODGER_TRY(expect_error(client.exists("/private"), Errc::denied));
    // Nor may we know what there is not.
    LODGER_TRY(expect_error(client.read("/private/none", buffer), Errc::denied));
    LODGER_TRY(expect_error(client.directory("/private", buffer), Errc::denied));
    LODGER_TRY(expect_error(client.write("/private", "x"sv), Errc::denied));
    LODGER_TRY(expect_error(client.rm("/private"), Errc::denied));
    LODGER_TRY(expect_error(client.mkdir("/private/x"), Errc::denied));
    LODGER_TRY(expect_error(client.permissions("/private"), Errc::denied));
    LODGER_TRY(expect_error(client.write("/new", "x"sv), Errc::denied));
    LODGER_TRY(expect_error(client.write("new", "x"sv), Errc::denied)); // our home is not ours
    // What may be read may not be written.
    LODGER_TRY(expect(client.read("control/shutdown-reason", buffer)));
    LODGER_TRY(expect_error(client.write("control/shutdown-reason", "x"sv), Errc::denied));
    LODGER_TRY(expect_error(client.rm("control/shutdown-reason"), Errc::denied));
    LODGER_TRY(expect_error(client.write({theirs, "x"}, "x"sv), Errc::denied));
    LODGER_TRY(expect_error(client.read(std::string_view{theirs}, buffer), Errc::denied));
    return expect(s.read("/private") == "secret");
}

template <class S>
Result<> permissions_are_set_and_read(S& s, ClientOf<S>& client)
{
    using store::Permissions;
    using store::Rights;
    std::array<char, 256> buffer;
    Permissions const shared{{s.guest_id(), Rights::none}, {s.other_id(), Rights::both}};
    LODGER_TRY(expect(client.write("data/shared", "ours"sv)));
    LODGER_TRY(expect(client.set_permissions("data/shared", shared)));
    auto const read = LODGER_TRY(expect(client.permissions("data/shared")));
    LODGER_TRY(expect(std::ranges::equal(read.entries(), shared.entries())));
    LODGER_TRY(expect(read.owner() == s.guest_id()));
    InOther<S> other{s, [&s](ClientOf<S>& they) -> Result<> {
                         std::array<char, 16> copy;
                         auto const text = home(s, "data/shared");
                         std::string_view const path = text;
                         LODGER_TRY(expect(LODGER_TRY(expect(they.read(path, copy))) == "ours"));
                         LODGER_TRY(expect(they.write(path, "theirs"sv)));
                         // Only its owner says who may.
                         return expect_error(
                             they.set_permissions(path, {{s.other_id(), Rights::none}}),
                             Errc::denied);
                     }};
    LODGER_TRY(expect(other.join()));
    LODGER_TRY(expect(LODGER_TRY(expect(client.read("data/shared", buffer))) == "theirs"));
    LODGER_TRY(expect_error(
        client.set_permissions("device", Permissions{{s.guest_id(), Rights::none}}), Errc::denied));
    // Another may not be made to own what counts against its quota.
    return expect_error(
        client.set_permissions("data/shared", Permissions{{s.other_id(), Rights::none}}),
        Errc::denied);
}

template <class S>
Result<> domain_paths(S& s, ClientOf<S>& client)
{
    std::array<char, 64> buffer;
    LODGER_TRY(expect(LODGER_TRY(expect(client.domain_path(s.guest_id(), buffer))) == home(s)));
    // It need not exist.
    return expect(LODGER_TRY(expect(client.domain_path(Domain{77}, buffer))) == "/local/domain/77");
}

template <class S>
Result<> the_features_are_those_of_the_page(S&, ClientOf<S>& client)
{
    auto const features = LODGER_TRY(expect(client.features()));
    return expect(features == client.connection().server_features());
}

template <class S>
Result<> what_only_dom0_may_ask_is_denied(S& s, ClientOf<S>& client)
{
    auto const deadline = client.patience();
    auto control = client.control();
    std::array<char, 64> buffer;
    LODGER_TRY(expect_error(control.introduce(Domain{9}, Gfn{1}, Port{2}, deadline), Errc::denied));
    LODGER_TRY(expect_error(control.release(s.other_id(), deadline), Errc::denied));
    LODGER_TRY(expect_error(control.resume(s.other_id(), deadline), Errc::denied));
    LODGER_TRY(
        expect_error(control.set_target(s.guest_id(), s.other_id(), deadline), Errc::denied));
    LODGER_TRY(expect_error(control.is_introduced(s.other_id(), deadline), Errc::denied));
    return expect_error(control.command("check", "", buffer, deadline), Errc::denied);
}

} // namespace lodger::store_cases
