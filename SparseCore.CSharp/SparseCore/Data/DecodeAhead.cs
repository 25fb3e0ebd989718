using System.Runtime.ExceptionServices;

namespace SparseCore.Data;

/// <summary>
/// Decodes examples in the background and keeps the latest within a bound of memory. Whoever needs an example that nobody has begun decodes it on the
/// spot, so that no result depends on what was asked for before, on the number of threads or on their speed. Threads end when they were idle for a while.
/// </summary>
internal sealed class DecodeAhead
{
    /// <summary>Images that are kept in any case.</summary>
    public const int SmallestCapacity = 64;

    private const int IdleMilliseconds = 1000;

    private readonly object door = new();
    private readonly Action<int, byte[]> decode;
    private readonly int imageBytes;
    private readonly int threads;
    private readonly Dictionary<int, DecodedImage> images = [];
    private readonly LinkedList<DecodedImage> byUse = [];
    private readonly Queue<DecodedImage> urgent = [];
    private readonly Queue<DecodedImage> waiting = [];
    private readonly Stack<byte[]> free = [];
    private int running;

    /// <summary>Starts without threads.</summary>
    /// <param name="decode">Writes the pixels of one example; called from several threads at once.</param>
    /// <param name="imageBytes">Bytes of one example.</param>
    /// <param name="threads">Most threads in the background; 0 for none.</param>
    /// <param name="memoryBytes">Most bytes of decoded images, but for those of <see cref="SmallestCapacity"/> and those that readers hold.</param>
    public DecodeAhead(Action<int, byte[]> decode, int imageBytes, int threads, long memoryBytes)
    {
        this.decode = decode;
        this.imageBytes = imageBytes;
        this.threads = threads;
        Capacity = (int)Math.Clamp(memoryBytes / imageBytes, SmallestCapacity, int.MaxValue);
    }

    /// <summary>Images kept.</summary>
    public int Capacity { get; }

    /// <summary>Images there are memory for at the moment, used or not.</summary>
    internal int Allocated { get; private set; }

    /// <summary>Begins to decode in the background; of very many examples only as many as leave half of the memory to those in use.</summary>
    public void Request(ReadOnlySpan<int> examples)
    {
        if (threads == 0)
        {
            return;
        }

        lock (door)
        {
            foreach (var example in examples[..Math.Min(examples.Length, Capacity / 2)])
            {
                _ = FindOrAdd(example, waiting);
            }

            WakeThreads();
        }
    }

    /// <summary>Gets examples, decoded, and holds them until <see cref="Release"/>.</summary>
    /// <exception cref="DataException">An example cannot be decoded; none is held then.</exception>
    public DecodedImage[] Hold(ReadOnlySpan<int> examples)
    {
        var held = new DecodedImage[examples.Length];
        lock (door)
        {
            for (var index = 0; index < held.Length; index++)
            {
                held[index] = FindOrAdd(examples[index], urgent);
                held[index].Holders++;
            }

            WakeThreads();
        }

        foreach (var image in held)
        {
            if (TryBegin(image))
            {
                Decode(image);
            }
        }

        ExceptionDispatchInfo? failure = null;
        lock (door)
        {
            foreach (var image in held)
            {
                while (image.State == DecodedImage.Stage.Decoding)
                {
                    Monitor.Wait(door);
                }

                failure ??= image.Failure;
            }
        }

        if (failure is not null)
        {
            Release(held);
            throw new DataException(failure.SourceException.Message, failure.SourceException);
        }

        return held;
    }

    /// <summary>Lets go of examples.</summary>
    public void Release(DecodedImage[] held)
    {
        lock (door)
        {
            foreach (var image in held)
            {
                image.Holders--;
            }

            MakeRoom(Capacity);
        }
    }

    private DecodedImage FindOrAdd(int example, Queue<DecodedImage> queue)
    {
        if (images.TryGetValue(example, out var image))
        {
            byUse.Remove(image.Place);
            byUse.AddLast(image.Place);
            return image;
        }

        MakeRoom(Capacity - 1);
        if (!free.TryPop(out var pixels))
        {
            pixels = GC.AllocateUninitializedArray<byte>(imageBytes, pinned: true);
            Allocated++;
        }

        image = new DecodedImage(example, pixels);
        images.Add(example, image);
        byUse.AddLast(image.Place);
        if (threads > 0)
        {
            queue.Enqueue(image);
        }

        return image;
    }

    /// <summary>Drops the images that were not used for the longest time, as far as nobody needs them, until at most so many are left.</summary>
    private void MakeRoom(int most)
    {
        var place = byUse.First;
        while (images.Count > most && place is not null)
        {
            var image = place.Value;
            place = place.Next;
            if (image.Holders == 0 && image.State != DecodedImage.Stage.Decoding)
            {
                Drop(image);
            }
        }
    }

    private void Drop(DecodedImage image)
    {
        images.Remove(image.Index);
        byUse.Remove(image.Place);
        image.State = DecodedImage.Stage.Dropped;
        if (free.Count < SmallestCapacity)
        {
            free.Push(image.Pixels);
        }
        else
        {
            Allocated--;
        }
    }

    private bool TryBegin(DecodedImage image)
    {
        lock (door)
        {
            if (image.State != DecodedImage.Stage.Waiting)
            {
                return false;
            }

            image.State = DecodedImage.Stage.Decoding;
            return true;
        }
    }

    private void Decode(DecodedImage image)
    {
        ExceptionDispatchInfo? failure = null;
        try
        {
            decode(image.Index, image.Pixels);
        }
        catch (Exception exception)
        {
            failure = ExceptionDispatchInfo.Capture(exception);
        }

        lock (door)
        {
            image.Failure = failure;
            image.State = failure is null ? DecodedImage.Stage.Ready : DecodedImage.Stage.Failed;
            if (failure is not null && images.Remove(image.Index))
            {
                // Whoever asks again tries again; the memory is left to those who still look at the failure.
                byUse.Remove(image.Place);
                Allocated--;
            }

            Monitor.PulseAll(door);
        }
    }

    private void WakeThreads()
    {
        var work = urgent.Count + waiting.Count;
        for (; running < threads && running < work; running++)
        {
            new Thread(Work) { IsBackground = true, Name = "image decoder" }.Start();
        }

        if (work > 0)
        {
            Monitor.PulseAll(door);
        }
    }

    private void Work()
    {
        while (Next() is { } image)
        {
            Decode(image);
        }
    }

    /// <summary>The next image to decode, marked as begun; null when there was none for a while, and the thread is to end.</summary>
    private DecodedImage? Next()
    {
        lock (door)
        {
            while (true)
            {
                while (urgent.TryDequeue(out var image) || waiting.TryDequeue(out image))
                {
                    if (image.State == DecodedImage.Stage.Waiting)
                    {
                        image.State = DecodedImage.Stage.Decoding;
                        return image;
                    }
                }

                if (!Monitor.Wait(door, IdleMilliseconds) && urgent.Count + waiting.Count == 0)
                {
                    running--;
                    return null;
                }
            }
        }
    }
}
