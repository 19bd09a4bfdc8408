/// Runs the conformance programs: `conformance DISK [NAME]`.

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

void Program::run_one(char const* disk) const
{
    std::printf("== %s\n", name_);
    function_(disk);
    std::fflush(stdout);
}

void Program::run_all(char const* disk)
{
    for (Program const* program = first; program; program = program->next_)
        program->run_one(disk);
}

bool Program::run(std::string_view name, char const* disk)
{
    for (Program const* program = first; program; program = program->next_) {
        if (program->name_ == name) {
            program->run_one(disk);
            return true;
        }
    }
    return false;
}

int main(int argc, char** argv)
{
    char const* const disk = argc > 1 ? argv[1] : "";
    if (argc < 3)
        Program::run_all(disk);
    else if (!Program::run(argv[2], disk))
        std::printf("there is no program %s\n", argv[2]);
    std::printf("== end\n");
    return 0;
}
