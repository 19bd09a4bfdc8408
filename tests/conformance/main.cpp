/// Runs the conformance programs: `conformance DISK DIRECTORY [NAME]`.

#include "program.hpp"

#include <cstring>

namespace {

Program* first = nullptr; // in the order of their names

} // namespace

Program::Program(char const* name, Function function) : name_{name}, function_{function}
{
    Program** link = &first;
    while (*link && std::strcmp((*link)->name_, name) < 0)
        link = &(*link)->next_;
    next_ = *link;
    *link = this;
}

void Program::run_one(Places const& places) const
{
    std::printf("== %s\n", name_);
    function_(places.disk, places.directory);
    std::fflush(stdout);
}

void Program::run_all(Places const& places)
{
    for (Program const* program = first; program; program = program->next_)
        program->run_one(places);
}

bool Program::run(std::string_view name, Places const& places)
{
    for (Program const* program = first; program; program = program->next_) {
        if (program->name_ == name) {
            program->run_one(places);
            return true;
        }
    }
    return false;
}

int main(int argc, char** argv)
{
    Program::Places const places{argc > 1 ? argv[1] : "", argc > 2 ? argv[2] : ""};
    if (argc < 4)
        Program::run_all(places);
    else if (!Program::run(argv[3], places))
        std::printf("there is no program %s\n", argv[3]);
    std::printf("== end\n");
    return 0;
}
