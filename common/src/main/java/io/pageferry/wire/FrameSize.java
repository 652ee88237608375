package io.pageferry.wire;

/**
 * What gRPC sees of a frame that has been taken in.
 *
 * @param bytes its encoded size
 */
public record FrameSize(int bytes) {}
