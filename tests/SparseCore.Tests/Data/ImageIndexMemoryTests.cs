using System.Runtime.CompilerServices;
using SparseCore.Data;

namespace SparseCore.Tests.Data;

/// <summary>
/// What an index keeps in memory. The heap is the whole process's, so nothing else runs beside these tests: other classes' tests would take and give back memory of their own.
/// </summary>
[Collection(Alone)]
[CollectionDefinition(Alone, DisableParallelization = true)]
public sealed class ImageIndexMemoryTests : IDisposable
{
    private const string Alone = "memory of the process";
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void An_index_takes_at_most_eight_times_its_file()
    {
        var path = new ImageIndex("/images", folder).Path;
        var lines = Enumerable.Range(0, 50_000).Select(number => $"1\t1\t{new string('0', 64)}\t1\t1\t1\t{number:x}\t\t");
        File.WriteAllLines(path, lines.Prepend("sparse training: index of images, version 2"));

        // What tests before this one left behind may be given back while this one looks: the median of several is the index's.
        long[] taken = [.. Enumerable.Range(0, 5).Select(_ => MemoryOfIndex())];
        Assert.InRange(taken.Order().ElementAt(2), new FileInfo(path).Length, 8 * new FileInfo(path).Length);

        // Not inlined, so that no index of an earlier attempt is still referred to.
        [MethodImpl(MethodImplOptions.NoInlining)]
        long MemoryOfIndex()
        {
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var index = new ImageIndex("/images", folder);
            var after = GC.GetTotalMemory(forceFullCollection: true);
            GC.KeepAlive(index);
            return after - before;
        }
    }
}
