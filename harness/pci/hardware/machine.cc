// harness/pci/hardware/machine.cc: the machine is built from a topology, and put back between executions.
#include "harness/pci/hardware/machine.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "absl/strings/str_format.h"
#include "harness/pci/hardware/decode.h"
#include "harness/pci/hardware/monitors.h"
#include "harness/pci/hardware/msix.h"
#include "harness/pci/hardware/state.h"

namespace cfgtorture::hw {

Machine* g_machine = nullptr;

namespace {

std::unique_ptr<FunctionState> MakeFunction(const topology::FunctionImage& image, FunctionId id) {
  auto f = std::make_unique<FunctionState>();
  f->space = MakeConfigSpace(image);
  FunctionInfo& info = f->info;
  info.id = id;
  info.domain = image.domain;
  info.bus = image.bus;
  info.devfn = image.devfn;
  info.header_type = f->space.header_type;
  info.upstream = kNoFunction;
  info.secondary_bus = f->space.secondary_bus;
  const std::string name =
      absl::StrFormat("%04x:%02x:%02x.%d", image.domain, image.bus, image.devfn >> 3, image.devfn & 7);
  std::strncpy(info.name, name.c_str(), sizeof info.name - 1);
  return f;
}

// What is software's to know of the configuration space, once it is known whether the function is a VF.
void Describe(FunctionState& f) {
  FunctionInfo& info = f.info;
  info.config_bytes = f.space.bytes;
  info.pm = f.space.pm;
  info.msi = f.space.msi;
  info.msix = f.space.msix;
  info.pcie = f.space.pcie;
  info.msi_vectors = f.space.msi_vectors;
  info.msi_64bit = f.space.msi_64bit;
  info.msi_maskable = f.space.msi_maskable;
  info.has_flr = f.space.has_flr;
  info.has_intx = f.space.has_intx;
  const size_t dwords = f.space.initial.size();
  f.registers = std::make_unique<std::atomic<uint32_t>[]>(dwords);
  for (size_t i = 0; i < dwords; ++i) f.registers[i].store(f.space.initial[i], kRelaxed);
  f.writers = std::make_unique<SharedIdentity[]>(dwords);
  if (info.msix != 0) {
    info.msix_vectors = static_cast<uint16_t>((f.Register(info.msix) >> 16 & 0x7ff) + 1);
    info.msix_table = kMsixBase + (uint64_t{info.id} << kMsixShift);
    f.msix = std::make_unique<MsixEntry[]>(info.msix_vectors);
    ResetMsix(f);
  }
  f.interrupts = std::max<unsigned>(f.space.msi_vectors, info.msix_vectors);
  f.vectors = std::make_unique<std::atomic<uint32_t>[]>(size_t{f.interrupts} * FunctionState::kVectorsPerIndex);
}

// A running machine may have been dumped with a function in D1 to D3hot.
uint8_t InitialPowerState(const FunctionState& f) {
  return f.space.pm == 0 ? uint8_t{0} : static_cast<uint8_t>(f.space.initial[(f.space.pm + 4) / 4] & 3);
}

void MakeBridges(Machine* machine) {
  std::map<uint16_t, BridgeId> by_domain;
  for (const auto& f : machine->functions) {
    const auto [where, inserted] = by_domain.emplace(f->info.domain, static_cast<BridgeId>(machine->bridges.size()));
    if (inserted) {
      auto bridge = std::make_unique<BridgeState>();
      bridge->id = where->second;
      bridge->info = {.domain = f->info.domain,
                      .first_bus = f->info.bus,
                      .last_bus = f->info.bus,
                      .ecam = kEcamBase + (uint64_t{bridge->id} << kEcamShift),
                      .window = kWindowBase + (uint64_t{bridge->id} << kWindowShift),
                      .mailbox = kMailboxBase + (uint64_t{bridge->id} << kMailboxShift)};
      bridge->functions.assign(size_t{256} << 8, kNoFunction);
      if (f->info.domain == 0) machine->cf8_bridge = bridge.get();
      machine->bridges.push_back(std::move(bridge));
    }
    BridgeState& bridge = *machine->bridges[where->second];
    bridge.info.first_bus = std::min(bridge.info.first_bus, f->info.bus);
    bridge.info.last_bus = std::max(bridge.info.last_bus, f->info.bus);
    bridge.functions[static_cast<size_t>(f->info.bus) << 8 | f->info.devfn] = f->info.id;
    f->info.bridge = bridge.id;
    f->location = bridge.info.ecam + (uint64_t{f->info.bus} << 20) + (uint64_t{f->info.devfn} << 12);
  }
}

// The narrowest bridge whose bus range holds the function's bus. Ranges come from the dump and stay: software that
// rewrites bus numbers does not re-route. Ranges of a broken dump that would nest a bridge below itself are left out.
void LinkUpstream(Machine* machine) {
  const auto width = [](const FunctionState& b) { return b.space.subordinate_bus - b.space.secondary_bus; };
  for (const auto& f : machine->functions) {
    const FunctionState* best = nullptr;
    for (const auto& b : machine->functions) {
      const bool holds = b->space.header_type == 1 && b->info.domain == f->info.domain &&
                         b->space.secondary_bus > b->info.bus && b->space.secondary_bus <= f->info.bus &&
                         f->info.bus <= b->space.subordinate_bus;
      if (holds && (best == nullptr || width(*b) < width(*best))) best = b.get();
    }
    if (best != nullptr) f->info.upstream = best->info.id;
  }
  // A bridge's own bus is below its secondary bus, so the chain upwards ends.
  for (const auto& f : machine->functions) {
    for (FunctionId up = f->info.upstream; up != kNoFunction; up = machine->functions[up]->info.upstream) {
      FunctionState& b = *machine->functions[up];
      b.below.push_back(f->info.id);
      if (b.space.pcie_type == 4 && b.space.pcie != 0) f->root_port = up;
    }
  }
}

void MarkVirtualFunctions(Machine* machine) {
  for (const auto& pf : machine->functions) {
    BridgeState& bridge = *machine->bridges[pf->info.bridge];
    for (unsigned i = 0; i < pf->space.vf_count; ++i) {
      const size_t routing_id = (static_cast<size_t>(pf->info.bus) << 8 | pf->info.devfn) + pf->space.vf_first_offset +
                                static_cast<size_t>(i) * pf->space.vf_stride;
      if (routing_id >= bridge.functions.size() || bridge.functions[routing_id] == kNoFunction) continue;
      FunctionState& vf = *machine->functions[bridge.functions[routing_id]];
      if (vf.info.id == pf->info.id || vf.is_virtual) continue;
      vf.is_virtual = true;
      MakeVirtualFunction(&vf.space);
    }
  }
}

void ResetFunction(FunctionState& f) {
  for (uint64_t lines = f.dirty_lines.load(kRelaxed); lines != 0; lines &= lines - 1) {
    const size_t begin = static_cast<size_t>(__builtin_ctzll(lines)) * 16;
    for (size_t i = begin; i < begin + 16; ++i) f.registers[i].store(f.space.initial[i], kRelaxed);
  }
  f.dirty_lines.store(0, kRelaxed);
  f.flags.store(f.initial_flags, kRelaxed);
  f.power_state.store(InitialPowerState(f), kRelaxed);
  f.unready_until.store(0, kRelaxed);
  f.blocked_windows.store(0, kRelaxed);
  f.bus_resetter.store(Identity());
  f.updater.store(Identity());
  f.generation.store(0, kRelaxed);
  f.msi_pending.store(0, kRelaxed);
  f.intx.store(0, kRelaxed);
  if (f.vectors_dirty.exchange(false, kRelaxed)) {
    for (size_t i = 0; i < size_t{f.interrupts} * FunctionState::kVectorsPerIndex; ++i) f.vectors[i] = 0;
  }
  if (f.msix_dirty.exchange(false, kRelaxed)) ResetMsix(f);
  f.dirty.store(false, kRelaxed);
}

void ResetLatch(Latch& latch) {
  latch.address.store(0, kRelaxed);
  latch.writer.store(Identity());
  latch.open.store(Identity());
}

void ResetMailbox(Mailbox& mailbox) {
  for (unsigned i = 0; i < Mailbox::kRequestRegisters; ++i) {
    mailbox.request[i].store(0, kRelaxed);
    mailbox.writers[i].store(Identity());
  }
  mailbox.open.store(Identity());
  mailbox.requester.store(Identity());
  mailbox.status.store(0, kRelaxed);
  mailbox.completion.store(0, kRelaxed);
  mailbox.busy.store(0, kRelaxed);
}

}  // namespace

void BuildMachine(const topology::Topology& topology, const Latencies& latencies) {
  delete g_machine;  // tests build several, one after the other
  g_machine = new Machine;
  g_machine->latencies = latencies;
  CFGT_HW_ASSERT(!topology.functions.empty() && topology.functions.size() < kNoFunction);
  for (const topology::FunctionImage& image : topology.functions) {
    g_machine->functions.push_back(MakeFunction(image, static_cast<FunctionId>(g_machine->functions.size())));
  }
  MakeBridges(g_machine);
  LinkUpstream(g_machine);
  MarkVirtualFunctions(g_machine);
  for (const auto& f : g_machine->functions) {
    Describe(*f);
    f->power_state.store(InitialPowerState(*f), kRelaxed);
  }
  for (const auto& f : g_machine->functions) {
    for (FunctionId up = f->info.upstream; up != kNoFunction; up = At(up).info.upstream) {
      if (At(up).power_state.load(kRelaxed) != 0) f->initial_flags = kUnreachable;
    }
    f->flags.store(f->initial_flags, kRelaxed);
  }
  g_machine->dirty = std::vector<std::atomic<FunctionId>>(g_machine->functions.size());
  ResetCalls();
  ClearCounters();
  ClearHits();
}

// Between executions nobody else runs: a look and a store, where an exchange would cost twenty cycles for nothing.
static bool Taken(std::atomic<bool>& flag) {
  if (!flag.load(kRelaxed)) return false;
  flag.store(false, kRelaxed);
  return true;
}

void ResetMachine() {
  const uint32_t count = g_machine->dirty_count.load(kRelaxed);
  if (count != 0) g_machine->dirty_count.store(0, kRelaxed);
  for (uint32_t i = 0; i < count; ++i) ResetFunction(At(g_machine->dirty[i].load(kRelaxed)));
  if (Taken(g_machine->cf8_dirty)) {
    ResetLatch(g_machine->cf8);
    g_machine->cf8_extended.store(false, kRelaxed);
  }
  for (const auto& bridge : g_machine->bridges) {
    if (!Taken(bridge->dirty)) continue;
    ResetLatch(bridge->window);
    bridge->window_busy.store(0, kRelaxed);
    ResetMailbox(bridge->mailbox);
  }
  ResetCalls();
}

int BridgeCount() { return static_cast<int>(g_machine->bridges.size()); }
BridgeInfo Bridge(BridgeId bridge) { return BridgeAt(bridge).info; }
int FunctionCount() { return static_cast<int>(g_machine->functions.size()); }
const FunctionInfo& Function(FunctionId function) { return At(function).info; }

}  // namespace cfgtorture::hw
