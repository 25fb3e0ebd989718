using System.Globalization;

namespace SparseCore.Tests.Engine.KernelGenerator;

/// <summary>A formula of whole numbers and named parameters: + - * / % and one comparison, which gives 1 or 0.</summary>
internal sealed class IndexExpression
{
    private readonly string text;
    private readonly IReadOnlyDictionary<string, object> values;
    private int place;

    /// <summary>Evaluates a formula.</summary>
    /// <exception cref="FormatException">It is none, or a name has no number.</exception>
    public IndexExpression(string text, IReadOnlyDictionary<string, object> values)
    {
        this.text = text.Replace(" ", "", StringComparison.Ordinal);
        this.values = values;
        var left = Sum();
        Value = place == this.text.Length ? left : Compare(left);
        if (place != this.text.Length)
        {
            throw new FormatException($"'{text}' cannot be read from place {place} on.");
        }
    }

    /// <summary>Its value.</summary>
    public int Value { get; }

    private int Compare(int left)
    {
        var operation = text[place++];
        var right = Sum();
        return operation switch
        {
            '<' => left < right ? 1 : 0,
            '>' => left > right ? 1 : 0,
            '=' => left == right ? 1 : 0,
            _ => throw new FormatException($"'{text}' has the unknown operation '{operation}'."),
        };
    }

    private int Sum()
    {
        var sum = Product();
        while (place < text.Length && text[place] is '+' or '-')
        {
            sum = text[place++] == '+' ? sum + Product() : sum - Product();
        }

        return sum;
    }

    private int Product()
    {
        var product = Atom();
        while (place < text.Length && text[place] is '*' or '/' or '%')
        {
            product = text[place++] switch
            {
                '*' => product * Atom(),
                '/' => product / Atom(),
                _ => product % Atom(),
            };
        }

        return product;
    }

    private int Atom()
    {
        if (text[place] == '(')
        {
            place++;
            var inner = Sum();
            place++;
            return inner;
        }

        var start = place;
        while (place < text.Length && char.IsLetterOrDigit(text[place]))
        {
            place++;
        }

        var atom = text[start..place];
        return int.TryParse(atom, CultureInfo.InvariantCulture, out var number) ? number
            : values.TryGetValue(atom, out var value) && value is int known ? known
            : throw new FormatException($"'{atom}' in '{text}' is no number.");
    }
}
