using System.Text;
using SparseCore.Data;

namespace SparseCore.Checkpoints;

/// <summary>What people give for a safetensors file: told by its first bytes, with what to do about it.</summary>
internal static class CheckpointFormat
{
    private const string Save = "Load it with torch.load and save its state with safetensors.torch.save_file(model.state_dict(), 'file.safetensors').";

    /// <summary>What a file is and a sentence on what to do, or null when its first bytes say nothing.</summary>
    /// <param name="head">The first <see cref="FileFormat.HeadLength"/> bytes, or all when it is shorter.</param>
    public static (string Found, string Remedy)? Recognize(ReadOnlySpan<byte> head)
    {
        if (head.Length > 8 && head[8] == (byte)'{' && head[4..8] is [0, 0, 0, 0])
        {
            return null; // the length of a safetensors header, and its first letter
        }

        if (head.StartsWith("GGUF"u8))
        {
            return ("a GGUF file (llama.cpp)", "Save the network's tensors as safetensors.");
        }

        if (head is [0x1F, 0x8B, ..])
        {
            return ("a gzip file", "Unpack it with gunzip.");
        }

        var text = Encoding.Latin1.GetString(head).TrimStart();
        if (text.StartsWith('{'))
        {
            return text.Contains("weight_map", StringComparison.Ordinal) || text.Contains("total_size", StringComparison.Ordinal)
                ? ("the index of a network that is split over several files (index.json)", "Load all its parts and save them as one file with safetensors.torch.save_file.")
                : ("JSON text", "Name the safetensors file itself.");
        }

        return FileFormat.Recognize(head)?.Name switch
        {
            null => null,
            "a zip archive" => ("a zip archive, which is what torch.save writes (.pth, .pt)", Save),
            "a Python pickle" => ("a Python pickle, which is what old versions of torch.save wrote (.pth, .pt)", Save),
            "an empty file" => ("an empty file", "Write it again."),
            "a Git LFS pointer" => ("a Git LFS pointer, which stands for a file that was not downloaded", "Fetch the file itself with 'git lfs pull'."),
            "an HTML page" => ("an HTML page, perhaps an error page of a download", "Fetch the file again."),
            var name => (name, "Save the network's tensors as safetensors (safetensors.torch.save_file, safetensors.numpy.save_file)."),
        };
    }
}
