"""The index: named collections of embedded items, in Milvus or in memory."""
