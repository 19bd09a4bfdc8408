#pragma once

#include <lodger/runtime/services.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace examples {

using StoreOperations = lodger::store::Operations<lodger::Guest>;
using Words = std::vector<std::string>;

/// Runs commands such as `ls device/vbd; read name`, each with a line of output or more.
class Commands {
public:
    explicit Commands(lodger::Store& store) : store_{store} {}

    /// @return whether all of them worked
    bool run(std::string_view line);

    /// Whether `exit` was among them.
    bool has_ended() const { return ended_; }

    /// What could stand for the last word of a line: commands first, paths after them.
    std::vector<std::string> complete(std::string_view line);

private:
    struct Command {
        std::string_view name;
        std::string_view usage;
        std::string_view help;
        std::size_t least_words;
        std::size_t most_words;
        lodger::Result<> (Commands::*run)(StoreOperations& operations, Words const& words);
    };
    static Command const commands[];

    bool run_one(std::string_view text, StoreOperations& operations);
    bool run_transaction(std::string_view body);
    bool run_all(std::string_view line, StoreOperations& operations);

    lodger::Result<> ls(StoreOperations& operations, Words const& words);
    lodger::Result<> tree(StoreOperations& operations, Words const& words);
    lodger::Result<> read(StoreOperations& operations, Words const& words);
    lodger::Result<> write(StoreOperations& operations, Words const& words);
    lodger::Result<> mkdir(StoreOperations& operations, Words const& words);
    lodger::Result<> rm(StoreOperations& operations, Words const& words);
    lodger::Result<> perms(StoreOperations& operations, Words const& words);
    lodger::Result<> watch(StoreOperations& operations, Words const& words);
    lodger::Result<> bench(StoreOperations& operations, Words const& words);
    lodger::Result<> help(StoreOperations& operations, Words const& words);
    lodger::Result<> exit(StoreOperations& operations, Words const& words);

    lodger::Result<> print_below(StoreOperations& operations, std::string const& path, int depth);
    lodger::Result<std::string> home();
    lodger::Deadline patience() { return store_.patience(); }

    lodger::Store& store_;
    bool ended_ = false;
};

} // namespace examples
