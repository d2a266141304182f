// harness/pci/hardware/notes.h: rows of a drawn schedule: calls, register accesses, windows. Called while recording
// only.
#ifndef CFGTORTURE_HARNESS_PCI_HARDWARE_NOTES_H_
#define CFGTORTURE_HARNESS_PCI_HARDWARE_NOTES_H_

#include "harness/pci/hardware/state.h"
#include "harness/pci/hardware/text.h"

namespace cfgtorture::hw {

// "PCI_COMMAND", as in the kernel's pci_regs.h; "0x044" where it has no name there that we know.
void AppendRegister(Text& text, const FunctionState& f, unsigned offset);

void NoteCall(Call call, FunctionId function);  // "user_read 0000:03:00.0"
// "read PCI_COMMAND -> 0x0002", "write PCI_COMMAND <- 0x0006"; other functions than the call's are named.
void NoteAccess(const Slot& self, const FunctionState& f, unsigned offset, unsigned size, bool is_write, uint32_t value,
                const char* remark);
void NoteRegister(const char* name, bool is_write, uint32_t value, unsigned size);  // "CF8 <- 0x80030004"
void NoteFunction(const FunctionState& f, const char* what);                        // "0000:03:00.0: removed"

}  // namespace cfgtorture::hw

#endif  // CFGTORTURE_HARNESS_PCI_HARDWARE_NOTES_H_
