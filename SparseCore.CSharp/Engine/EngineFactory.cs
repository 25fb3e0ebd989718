using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Engine;

/// <summary>Builds an engine for a network, its masks and the largest batch it will be given.</summary>
public delegate IEngine EngineFactory(Network network, MaskSet masks, int batchSize);
