// harness/result/catalogue.h: what a plug-in offers, as a worker's --describe prints it in one line of JSON.
#ifndef CFGTORTURE_HARNESS_RESULT_CATALOGUE_H_
#define CFGTORTURE_HARNESS_RESULT_CATALOGUE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/result/cell.h"

namespace cfgtorture {

struct CatalogueStrategy {
  std::string name;
  std::string summary;
  std::vector<std::string> refuses_bridges;
  std::string refuses_reason;
};

struct CatalogueOption {  // a weight or a rate that a user may choose, a whole number
  std::string name;
  uint64_t value = 0;  // unless the user says otherwise
  uint64_t least = 0, most = 0;
  std::string help;
};

struct CatalogueProgram {
  std::string kind;  // workload, probe, scenario
  std::string name;
  std::string summary;
  std::vector<std::string> sides;     // of a scenario
  std::vector<std::string> hazards;   // what it can show
  std::vector<std::string> flavours;  // those that it is meant for
  std::vector<std::string> bridges;   // bridges whose verdict can differ; empty: one bridge tells all
  bool needs_strategy = true;
  // Of a scenario, as its own file says it. The buggy side must be convicted of must_find and of nothing else but
  // may_find, the fixed side of nothing.
  std::string tag = "";      // historic, proposed, open, constructed; "" if it says nothing
  std::string history = "";  // commits with their first release, mails, reports
  std::vector<std::string> must_find = {};
  std::vector<std::string> may_find = {};
  std::string may_find_why = "";
  // If one is called as a program is, that program's are options too, as "PROGRAM.OPTION": it runs as a part of this.
  std::vector<CatalogueOption> options = {};
};

struct Catalogue {
  uint32_t abi = 0;
  std::string build_id;
  std::vector<CatalogueStrategy> strategies;
  std::vector<CatalogueProgram> programs;
  std::vector<CatalogueOption> patterns;  // options of every program that has a strategy
  std::vector<std::string> spin_algorithms;
  std::vector<std::string> bridges;
  std::vector<std::string> explorers;
  std::vector<std::string> memories;

  // Null if there is none. `kind` "" means any.
  const CatalogueStrategy* FindStrategy(std::string_view name) const;
  const CatalogueProgram* FindProgram(std::string_view kind, std::string_view name) const;
};

// Lists may be arrays of strings or one comma-separated string, as the plug-in's own tables hold them; and what a
// scenario's file says of it may follow its summary, a line "KEY: TEXT" each (harness/sdk/plugin.h).
void to_json(Json& json, const Catalogue& catalogue);
void from_json(const Json& json, Catalogue& catalogue);

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_RESULT_CATALOGUE_H_
