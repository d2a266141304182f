#include "harness/run/symbolize.h"

#include <cxxabi.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "harness/result/place.h"
#include "harness/result/replay_command.h"

namespace cfgtorture::run {
namespace {

constexpr size_t kLongestToPaste = 8000;  // one word of a command line has at most 128 KiB, and terminals cut before
constexpr size_t kMostOfALine = 160;

const Dwfl_Callbacks kCallbacks = {
    .find_elf = nullptr,  // dwfl_report_offline gives the file
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .section_address = dwfl_offline_section_address,
    .debuginfo_path = nullptr,
};

// Of C++ alone: to the demangler a bare word is a type, and a function "a" of C a "signed char".
std::string Demangle(const char* name) {
  if (name == nullptr) return "";
  if (!std::string_view(name).starts_with("_Z")) return name;
  int status = 0;
  char* text = abi::__cxa_demangle(name, nullptr, nullptr, &status);
  std::string result = text != nullptr ? text : name;
  free(text);
  return result;
}

const char* NameOfDie(Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  for (const unsigned code :
       {static_cast<unsigned>(DW_AT_linkage_name), static_cast<unsigned>(DW_AT_MIPS_linkage_name)}) {
    const char* name = dwarf_formstring(dwarf_attr_integrate(die, code, &attribute));
    if (name != nullptr) return name;
  }
  return dwarf_diename(die);
}

// "/src/a/../b.cc" -> "/src/b.cc"
std::string WithoutDots(const std::string& path) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    if (part == ".." && !parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else if (part != "." && !part.empty()) {
      parts.push_back(part);
    }
    begin = end + 1;
  }
  std::string result = path.starts_with('/') ? "/" : "";
  for (size_t i = 0; i < parts.size(); ++i) absl::StrAppend(&result, i == 0 ? "" : "/", parts[i]);
  return result;
}

// The deepest scope below `parent` that holds the address. The function of a lambda lies in the tree where its closure
// does, often within a function that does not hold the address: dwarf_getscopes() does not look there.
bool Deepest(Dwarf_Die* parent, Dwarf_Addr address, Dwarf_Die* deepest) {
  Dwarf_Die child;
  if (dwarf_child(parent, &child) != 0) return false;
  do {
    const int tag = dwarf_tag(&child);
    const bool holds = (tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block) &&
                       dwarf_haspc(&child, address) == 1;
    if (holds) *deepest = child;
    if (Deepest(&child, address, deepest) || holds) return true;
  } while (dwarf_siblingof(&child, &child) == 0);
  return false;
}

// Of a lock, who takes it: all locks are taken in the same few words. Of a call of a strategy, who makes it. The words
// of an installed harness lie anywhere.
const Frame& CallerOf(const std::vector<Frame>& stack) {
  for (const Frame& frame : stack) {
    const bool passes_on = IsKernelWords(frame.file) || IsLibrarys(frame.file) ||
                           frame.file.find("harness/sdk/caller.") != std::string::npos ||
                           frame.file.find("harness/sdk/program.") != std::string::npos;  // starts an actor's task
    if (!frame.file.empty() && !passes_on) return frame;
  }
  return stack[0];
}

}  // namespace

struct Symbolizer::Module {
  Dwfl* dwfl = nullptr;
  Dwfl_Module* module = nullptr;
  Dwarf_Addr start = 0;  // address that offset 0 of the loaded object has here
  ~Module() {
    if (dwfl != nullptr) dwfl_end(dwfl);
  }
};

Symbolizer::Symbolizer(std::vector<std::string> folders, const std::string& source_folder)
    : folders_(std::move(folders)), source_folder_(WithoutDots(source_folder)) {
  if (!source_folder_.empty()) source_folder_ += '/';
}

Symbolizer::~Symbolizer() = default;

Symbolizer::Module* Symbolizer::Open(const std::string& name) {
  const auto known = modules_.find(name);
  if (known != modules_.end()) return known->second.get();
  std::unique_ptr<Module>& slot = modules_[name];

  std::vector<std::string> paths;
  if (name.find('/') != std::string::npos) paths.push_back(name);
  const std::string base = name.substr(name.rfind('/') + 1);
  for (const std::string& folder : folders_) paths.push_back(absl::StrCat(folder, "/", base));
  for (const std::string& path : paths) {
    if (access(path.c_str(), R_OK) != 0) continue;
    auto module = std::make_unique<Module>();
    module->dwfl = dwfl_begin(&kCallbacks);
    if (module->dwfl == nullptr) break;
    dwfl_report_begin(module->dwfl);
    module->module = dwfl_report_offline(module->dwfl, base.c_str(), path.c_str(), -1);
    dwfl_report_end(module->dwfl, nullptr, nullptr);
    if (module->module == nullptr) continue;
    dwfl_module_info(module->module, nullptr, &module->start, nullptr, nullptr, nullptr, nullptr, nullptr);
    slot = std::move(module);
    break;
  }
  return slot.get();
}

std::vector<Frame> Symbolizer::Resolve(const Frame& frame) {
  if (frame.module.empty() || !frame.function.empty()) return {frame};
  const auto key = std::make_pair(frame.module, frame.offset);
  const auto known = known_.find(key);
  if (known != known_.end()) return known->second;
  std::vector<Frame>& frames = known_[key];
  frames = {frame};

  Module* const module = Open(frame.module);
  if (module == nullptr) return frames;
  const Dwarf_Addr address = module->start + frame.offset;

  const auto place = [&](Frame& at, const char* file, int line) {
    if (file == nullptr) return;
    at.file = WithoutDots(file);
    if (!source_folder_.empty() && at.file.starts_with(source_folder_)) at.file.erase(0, source_folder_.size());
    at.line = line;
  };
  if (Dwfl_Line* line = dwfl_module_getsrc(module->module, address); line != nullptr) {
    int number = 0;
    const char* file = dwfl_lineinfo(line, nullptr, &number, nullptr, nullptr, nullptr);
    place(frames[0], file, number);
  }
  frames[0].function = ShortFunctionName(Demangle(dwfl_module_addrname(module->module, address)));

  // Inlined callers: from the innermost scope up its parents (not its abstract origin's), as eu-addr2line -i does.
  Dwarf_Addr bias = 0;
  Dwarf_Die* const unit = dwfl_module_addrdie(module->module, address, &bias);
  if (unit == nullptr) return frames;
  Dwarf_Die* scopes = nullptr;
  int count = dwarf_getscopes(unit, address - bias, &scopes);
  Dwarf_Die innermost = count > 0 ? scopes[0] : *unit;
  free(scopes);
  if (dwarf_tag(&innermost) == DW_TAG_compile_unit && !Deepest(unit, address - bias, &innermost)) return frames;
  scopes = nullptr;
  count = dwarf_getscopes_die(&innermost, &scopes);
  Dwarf_Files* files = nullptr;
  if (dwarf_getsrcfiles(unit, &files, nullptr) != 0) files = nullptr;
  for (int i = 0; i < count; ++i) {
    const int tag = dwarf_tag(&scopes[i]);
    if (tag != DW_TAG_subprogram && tag != DW_TAG_inlined_subroutine) continue;
    const std::string name = ShortFunctionName(Demangle(NameOfDie(&scopes[i])));
    if (!name.empty()) frames.back().function = name;
    if (tag == DW_TAG_subprogram) break;
    Dwarf_Attribute attribute;
    Dwarf_Word file = 0, line = 0;
    dwarf_formudata(dwarf_attr(&scopes[i], DW_AT_call_file, &attribute), &file);
    dwarf_formudata(dwarf_attr(&scopes[i], DW_AT_call_line, &attribute), &line);
    Frame caller = frame;
    place(caller, files == nullptr ? nullptr : dwarf_filesrc(files, file, nullptr, nullptr), static_cast<int>(line));
    frames.push_back(caller);
  }
  free(scopes);
  return frames;
}

void Symbolizer::Fill(Finding& finding) {
  ForEachStack(finding, [this](std::vector<Frame>& stack) { Fill(stack); });
  for (Step& step : finding.schedule) {
    if (step.stack.empty()) continue;
    Fill(step.stack);
    const Frame& place = CallerOf(step.stack);
    step.function = place.function;
    step.file = place.file;
    step.line = place.line;
    step.source = SourceLine(place.file, place.line);
    step.stack.clear();
  }
}

std::string Symbolizer::SourceLine(const std::string& file, int line) {
  const auto [known, is_new] = sources_.try_emplace(file);
  std::vector<std::string>& lines = known->second;
  if (is_new && !file.empty()) {
    std::ifstream in(file.starts_with('/') ? file : source_folder_ + file);
    for (std::string text; std::getline(in, text);) lines.push_back(std::move(text));
  }
  if (line < 1 || static_cast<size_t>(line) > lines.size()) return "";
  const std::string& text = lines[static_cast<size_t>(line) - 1];
  return text.substr(std::min(text.find_first_not_of(" \t"), text.size()), kMostOfALine);
}

void Symbolizer::Fill(std::vector<Frame>& stack) {
  std::vector<Frame> filled;
  for (const Frame& frame : stack) {
    for (Frame& resolved : Resolve(frame)) filled.push_back(std::move(resolved));
  }
  // The C face of the engine is nobody's place: who calls it is.
  const auto is_face = [](const Frame& frame) {
    return frame.file.find("harness/sdk/closed_program.") != std::string::npos;
  };
  const auto own = std::find_if_not(filled.begin(), filled.end(), [&](const Frame& frame) {
    return is_face(frame) || frame.file.find("harness/kernel/engine.h") != std::string::npos;
  });
  if (own != filled.begin() && own != filled.end() && is_face(*(own - 1))) filled.erase(filled.begin(), own);
  stack = std::move(filled);
}

std::string ShortFunctionName(const std::string& name) {
  std::string text = Demangle(name.c_str());
  for (const char* prefix : {"cfgtorture::", "(anonymous namespace)::", "std::__1::", "std::__cxx11::"}) {
    const std::string word(prefix);
    for (size_t at; (at = text.find(word)) != std::string::npos;) text.erase(at, word.size());
  }
  // A lambda is named by the function that it stands in, wherever in the name that is:
  // "Actor<DeadEntry(Setting&)::{lambda()#2}>::Actor(...)::{lambda(void*)#1}::_FUN(void*)" is DeadEntry::lambda.
  if (const size_t lambda = text.find("::{lambda"); lambda != std::string::npos) {
    size_t end = lambda;
    if (const size_t constant = text.rfind(')', lambda); constant != std::string::npos) {  // "f() const::{lambda"
      int parentheses = 0;
      for (size_t i = constant + 1; i-- > 0;) {
        if (text[i] == ')') ++parentheses;
        if (text[i] == '(' && --parentheses == 0) {
          end = i;
          break;
        }
      }
    }
    size_t begin = end;
    for (int brackets = 0; begin > 0; --begin) {
      const char c = text[begin - 1];
      if (c == '>') ++brackets;
      if (c == '<' && --brackets < 0) break;
      if (c == ' ' && brackets == 0) break;
    }
    return text.substr(begin, end - begin) + "::lambda";
  }
  // Arguments go: the first '(' at depth 0 of angle brackets, unless it is operator().
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 8, "operator") == 0) {  // operator<, operator(), operator->
      i += 7;
      while (i + 1 < text.size() && std::string_view("<>()-=[]").find(text[i + 1]) != std::string_view::npos &&
             !(text[i + 1] == '(' && text.compare(i + 1, 2, "()") != 0)) {
        i += text.compare(i + 1, 2, "()") == 0 ? 2 : 1;
        if (text[i] == ')') break;
      }
      continue;
    }
    if (text[i] == '<') ++depth;
    if (text[i] == '>' && (i == 0 || text[i - 1] != '-')) --depth;
    if (text[i] == '(' && depth == 0 && i > 0) {
      text.resize(i);
      break;
    }
  }
  // A template function's demangled name begins with its return type.
  depth = 0;
  for (size_t i = text.size(); i-- > 0;) {
    if (text[i] == '>') ++depth;
    if (text[i] == '<') --depth;
    if (text[i] == ' ' && depth == 0 && text.find("operator") == std::string::npos) {
      text.erase(0, i + 1);
      break;
    }
  }
  return text;
}

// A path outside the source tree is the machine's; its last part is the program's.
static std::string NameOfFile(const Frame& frame) {
  return frame.file.starts_with('/') ? frame.file.substr(frame.file.rfind('/') + 1) : frame.file;
}

// What names a place for a fingerprint: the function; inside a word of the kernel, that word and who calls it, since
// the fields that two contexts trample on in there are one cause.
static std::string CauseOf(const std::vector<Frame>& stack) {
  const auto is_word = [](const Frame& frame) { return IsKernelWords(frame.file) || IsLibrarys(frame.file); };
  size_t caller = 0;
  while (caller < stack.size() && is_word(stack[caller])) ++caller;
  if (caller == 0 || caller == stack.size()) return absl::StrCat(NameOfFile(stack[0]), ":", stack[0].function);
  const std::string& word = stack[caller - 1].file;
  const size_t installed = IsKernelWords(word) ? word.find("harness/kernel/") : 0;  // anywhere
  return absl::StrCat(NameOfFile(stack[caller]), ":", stack[caller].function, " ", word.substr(installed));
}

// Numbers in a text are not the cause.
static std::string WithoutNumbers(const std::string& text) {
  std::string result = text;
  std::replace_if(
      result.begin(), result.end(), [](char c) { return c >= '0' && c <= '9'; }, '0');
  return result;
}

void NameSites(const CellSpec& spec, Finding& finding) {
  // What is asserted tells apart what one helper function asserts for all.
  const std::string asserted = finding.hazard == NameOf(Hazard::kAssertion) ? WithoutNumbers(finding.title) : "";
  std::vector<std::string> places;
  std::vector<std::string> sites;  // the file too: "f" and "g" of one plug-in are not those of another
  for (const Access& access : finding.accesses) {
    if (access.stack.empty()) continue;
    const Frame& frame = InnermostOwn(access.stack);
    if (frame.function.empty()) continue;
    const bool in_words = finding.hazard == NameOf(Hazard::kDataRace) || !finding.lock_report.empty();
    sites.push_back(in_words ? CauseOf(access.stack) : absl::StrCat(NameOfFile(frame), ":", frame.function));
    const Frame& named = finding.lock_report.empty() ? frame : CallerOf(access.stack);
    places.push_back(named.file.empty() ? named.function
                                        : absl::StrCat(named.function, " (", named.file, ":", named.line, ")"));
  }
  if (places.size() >= 2 && finding.title.find(places[0]) == std::string::npos) {
    absl::StrAppend(&finding.title, " in ", places[0], " and ", places[1]);
  } else if (places.size() == 1 && finding.title.find(places[0]) == std::string::npos) {
    absl::StrAppend(&finding.title, " in ", places[0]);
  }
  if (!finding.fingerprint.empty()) return;
  std::sort(sites.begin(), sites.end());  // who came first is chance
  std::vector<std::string> parts = {finding.hazard, spec.strategy};
  // A strategy's bug is the same in whatever program it is met; a program without one is its own cause.
  if (spec.strategy.empty() || sites.empty()) parts.insert(parts.end(), {spec.program, spec.side});
  if (sites.empty()) {  // the title is all that tells causes apart
    parts.push_back(WithoutNumbers(finding.title));
  } else if (!asserted.empty()) {
    parts.push_back(asserted);
  }
  parts.insert(parts.end(), sites.begin(), sites.end());
  // A cycle and an inversion through the same functions are two causes.
  if (!finding.lock_report.empty()) parts.push_back(finding.lock_report[0].heading);
  finding.fingerprint = Fingerprint(parts);
  if (finding.token.empty()) return;
  finding.replay = ReplayCommand(finding.token.size() <= kLongestToPaste
                                     ? std::vector{finding.token}
                                     : std::vector<std::string>{"RESULT.json", "--finding", finding.fingerprint},
                                 spec.plugin);
}

}  // namespace cfgtorture::run
