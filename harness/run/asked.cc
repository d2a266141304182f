// What a worker is asked for, looked up; or said that there is none.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "harness/run/plugin_loader.h"
#include "harness/run/worker.h"

namespace cfgtorture::run {

void BadInput(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
  std::_Exit(2);
}

engine::Flavour FlavourOf(const CellSpec& spec) {
  if (spec.flavour == "voluntary") return engine::Flavour::kVoluntary;
  if (spec.flavour == "preempt") return engine::Flavour::kPreempt;
  if (spec.flavour == "rt") return engine::Flavour::kRt;
  BadInput("flavour \"" + spec.flavour + "\": expected voluntary, preempt or rt");
}

const ProgramText& ProgramOf(const CellSpec& spec, const LoadedPlugin& loaded) {
  for (uint32_t i = 0; i < loaded.plugin->program_count; ++i) {
    if (spec.program == loaded.plugin->programs[i].name) return loaded.plugin->programs[i];
  }
  BadInput("no program \"" + spec.program + "\" in " + loaded.path);
}

}  // namespace cfgtorture::run
