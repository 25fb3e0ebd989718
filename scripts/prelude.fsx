// Every reference a script needs, in one place. The bootstrap says where the libraries are; an editor looks where
// `dotnet build -c Release` puts them.

#if EDITING
#I "../artifacts/bin/Scripting/release"
#endif

#r "Scripting.dll"
#r "SparseCore.dll"
#r "SparseCore.Cpu.dll"
#r "SparseCore.Analysis.dll"

Scripting.Program.prepare ()
