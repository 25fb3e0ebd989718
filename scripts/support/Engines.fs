/// The one place where a program chooses its engine; everything else takes what it is given.
module Scripting.Engines

open SparseCore.Cpu
open SparseCore.Engine

/// The managed CPU engine on several threads, for runs that have the machine to themselves; results do not depend on their number.
let onThreads (threads: int) : IEngineFactory = new CpuEngineFactory(EngineOptions(Threads = threads))

/// The managed CPU engine on one thread: side by side, small runs use the cores better than one run does.
let single: IEngineFactory = onThreads 1
