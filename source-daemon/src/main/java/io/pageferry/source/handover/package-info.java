/**
 * A guest's way from this daemon to another, as the source conducts it.
 *
 * <ol>
 *   <li>{@link io.pageferry.source.handover.SourceMigration} is the order of events, and the one
 *       place that decides who may run the guest.
 *   <li>{@code Preparation} tells the destination what will come, through {@code
 *       DestinationClient}.
 *   <li>{@code GuestFreeze} stops the guest; {@code GuestState} is what the destination needs at
 *       once.
 *   <li>{@code Commit} tells the destination to run the guest; {@code CommitRefusal} says which
 *       answers prove that it does not.
 *   <li>{@code Postcopy} waits until every page is delivered.
 *   <li>{@code DepartureStatus} and {@code SourceSentences} are what people read of it.
 * </ol>
 */
@NullMarked
package io.pageferry.source.handover;

import org.jspecify.annotations.NullMarked;
