/**
 * What goes into a guest's memory before it starts: ELF files ({@link
 * io.pageferry.guest.program.ElfLoader}), raw images ({@link
 * io.pageferry.guest.program.RawImageLoader}), and the programs that come with PageFerry ({@link
 * io.pageferry.guest.program.BundledPrograms}). A loader checks everything before it changes
 * anything, and says no with a {@link io.pageferry.guest.program.ProgramException}.
 */
@NullMarked
package io.pageferry.guest.program;

import org.jspecify.annotations.NullMarked;
