namespace SparseCore.Torch.Tests.Library;

/// <summary>Damages a file in many ways; a reader must take each or refuse it with a sentence.</summary>
internal static class DamagedFiles
{
    public static void Try(byte[] whole, Action<byte[]> read)
    {
        byte[] values = [0, 1, 0x7f, 0x80, 0xff];
        for (var place = 0; place < whole.Length; place++)
        {
            foreach (var value in values)
            {
                TryOne(whole, read, copy => copy[place] = value);
            }
        }

        var random = new Random(1);
        for (var trial = 0; trial < 20_000; trial++)
        {
            TryOne(whole, read, copy =>
            {
                for (var flips = random.Next(1, 6); flips > 0; flips--)
                {
                    copy[random.Next(copy.Length)] ^= (byte)(1 << random.Next(8));
                }
            });
        }
    }

    private static void TryOne(byte[] whole, Action<byte[]> read, Action<byte[]> damage)
    {
        var copy = (byte[])whole.Clone();
        damage(copy);
        try
        {
            read(copy);
        }
        catch (TorchException exception)
        {
            Assert.EndsWith(".", exception.Message, StringComparison.Ordinal);
        }
    }
}
