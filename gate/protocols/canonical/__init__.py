"""The block-structured form between dialects: decoders make it, encoders read it. Pure values, no dialect's
spelling."""
