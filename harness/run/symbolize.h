// harness/run/symbolize.h: what (module, offset) is in the source: function, file, line, inlined callers included.
#ifndef CFGTORTURE_HARNESS_RUN_SYMBOLIZE_H_
#define CFGTORTURE_HARNESS_RUN_SYMBOLIZE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/result/cell.h"

namespace cfgtorture::run {

// Modules are opened once and answers are kept. Reads the line tables of elfutils' libdw; a module without them, or
// that cannot be read, leaves its frames as they were.
class Symbolizer {
 public:
  // `folders`: where a module given by its bare file name is looked for. File names below `source_folder` are made
  // relative to it.
  Symbolizer(std::vector<std::string> folders, const std::string& source_folder);
  ~Symbolizer();

  // Fills function, file and line of every frame of the finding, and the place of each step; a frame in inlined code
  // becomes several, innermost first. A frame that has a function already is kept.
  void Fill(Finding& finding);
  void Fill(std::vector<Frame>& stack);

  std::vector<Frame> Resolve(const Frame& frame);

  // The text of a line, without its indent; "" if the file is not there.
  std::string SourceLine(const std::string& file, int line);

 private:
  struct Module;
  Module* Open(const std::string& name);

  std::vector<std::string> folders_;
  std::string source_folder_;
  std::map<std::string, std::unique_ptr<Module>> modules_;
  std::map<std::pair<std::string, uint64_t>, std::vector<Frame>> known_;
  std::map<std::string, std::vector<std::string>> sources_;  // lines of files
};

// "WaitqueueV411::user_read" of a mangled or demangled name: no arguments, no namespace of ours.
std::string ShortFunctionName(const std::string& name);

// Completes what a worker cannot know without symbols: the title gets the places of the accesses ("... in A (f.cc:1)
// and B (g.cc:2)"), and the fingerprint (harness/result/causes.h) is made of hazard, strategy and functions,
// which DWARF names wherever the sources are: neither lines nor their text. Says the command that repeats it.
void NameSites(const CellSpec& spec, Finding& finding);

}  // namespace cfgtorture::run

#endif  // CFGTORTURE_HARNESS_RUN_SYMBOLIZE_H_
