using System.Globalization;
using System.Numerics;

namespace ChatApp.Tools.BuiltIn;

/// <summary>
/// Reads and computes an expression:
/// <code>
/// sum     = product (("+" | "-") product)*
/// product = signed (("*" | "/" | "%" | "of") signed)*
/// signed  = ("-" | "+") signed | power
/// power   = percent ("^" signed)?
/// percent = atom "%"?
/// atom    = number | constant | function "(" sum ("," sum)* ")" | "(" sum ")"
/// </code>
/// A <c>%</c> before a number, a name or a parenthesis is the remainder; anywhere else, and before <c>of</c>, it makes hundredths.
/// </summary>
internal sealed class Arithmetic
{
    private const int MostCharacters = 1000;
    private const int MostDepth = 64;
    private const int MostExponent = 1000;
    private const int MostPlaces = 100;

    private static readonly Quantity Hundred = Quantity.Of((BigInteger)100);

    private readonly string _text;
    private int _at;
    private int _depth;

    private Arithmetic(string text) => _text = text;

    /// <summary>The names of the functions.</summary>
    public static IReadOnlyList<string> Functions { get; } = ["sqrt", "abs", "round", "floor", "ceil", "min", "max", "ln", "log", "sin", "cos", "tan"];

    /// <exception cref="ToolException">It is no expression, is too long or too deep, or has no result; the message says where and why.</exception>
    public static Quantity Evaluate(string expression)
    {
        if (expression.Length > MostCharacters)
        {
            throw new ToolException($"The expression has more than {MostCharacters} characters. Compute it in parts.");
        }

        var reader = new Arithmetic(expression);
        var value = reader.Sum();
        return reader.Peek() == '\0' ? value : throw reader.Unexpected();
    }

    private Quantity Sum()
    {
        Enter();
        var value = Product();
        while (true)
        {
            switch (Peek())
            {
                case '+':
                    _at++;
                    value += Product();
                    break;
                case '-':
                    _at++;
                    value -= Product();
                    break;
                default:
                    _depth--;
                    return value;
            }
        }
    }

    private Quantity Product()
    {
        var value = Signed();
        while (true)
        {
            switch (Peek())
            {
                case '*':
                    _at++;
                    value *= Signed();
                    break;
                case '/':
                    _at++;
                    value /= Signed();
                    break;
                case '%':
                    _at++;
                    value %= Signed();
                    break;
                default:
                    if (Word() is not "of")
                    {
                        return value;
                    }

                    _at += 2;
                    value *= Signed();
                    break;
            }
        }
    }

    private Quantity Signed()
    {
        if (Peek() is not (('+' or '-') and var sign))
        {
            return Power();
        }

        Enter();
        _at++;
        var value = Signed();
        _depth--;
        return sign == '-' ? -value : value;
    }

    private Quantity Power()
    {
        var value = Percent();
        // ** too, as many programming languages write it.
        var sign = Peek() == '^' ? 1 : _at + 1 < _text.Length && _text[_at] == '*' && _text[_at + 1] == '*' ? 2 : 0;
        if (sign == 0)
        {
            return value;
        }

        Enter();
        _at += sign;
        value = Quantity.Pow(value, Signed());
        _depth--;
        return value;
    }

    private Quantity Percent()
    {
        var value = Atom();
        while (Peek() == '%' && !IsRemainder())
        {
            _at++;
            value /= Hundred;
        }

        return value;
    }

    // Whether what follows the percent sign can be divided by.
    private bool IsRemainder()
    {
        var before = _at++;
        var next = Peek();
        var can = next == '(' || char.IsAsciiDigit(next) || next == '.' || (char.IsAsciiLetter(next) && Word() is not "of");
        _at = before;
        return can;
    }

    private Quantity Atom()
    {
        var next = Peek();
        if (char.IsAsciiDigit(next) || next == '.')
        {
            return Number();
        }

        if (next == '(')
        {
            _at++;
            var value = Sum();
            Expect(')');
            return value;
        }

        return char.IsAsciiLetter(next) ? Named() : throw Unexpected();
    }

    // 12   .5   1.5e-3
    private Quantity Number()
    {
        var start = _at;
        var digits = BigInteger.Zero;
        var (places, seen, behind) = (0, 0, false);
        for (; _at < _text.Length && (char.IsAsciiDigit(_text[_at]) || (_text[_at] == '.' && !behind)); _at++)
        {
            if (_text[_at] == '.')
            {
                behind = true;
                continue;
            }

            digits = (digits * 10) + (_text[_at] - '0');
            places += behind ? 1 : 0;
            seen++;
        }

        if (seen == 0)
        {
            _at = start;
            throw Unexpected();
        }

        return Scale(digits, Exponent() - places);
    }

    // Only where digits follow: the constant e is called e, too.
    private int Exponent()
    {
        var at = _at + 1;
        if (_at >= _text.Length || _text[_at] is not ('e' or 'E'))
        {
            return 0;
        }

        var signed = at < _text.Length && _text[at] is '+' or '-';
        var from = signed ? at + 1 : at;
        var to = from;
        while (to < _text.Length && char.IsAsciiDigit(_text[to]))
        {
            to++;
        }

        if (to == from)
        {
            return 0;
        }

        if (!int.TryParse(_text.AsSpan(at, to - at), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exponent) || Math.Abs(exponent) > MostExponent)
        {
            throw new ToolException($"The exponent in '{_text[_at..to]}' is too large: they go from -{MostExponent} to {MostExponent}.");
        }

        _at = to;
        return exponent;
    }

    private static Quantity Scale(BigInteger digits, int exponent) =>
        exponent >= 0 ? Quantity.Of(digits * BigInteger.Pow(10, exponent)) : Quantity.Fraction(digits, BigInteger.Pow(10, -exponent));

    private Quantity Named()
    {
        var start = _at;
        var name = Word();
        _at += name.Length;
        if (Peek() == '(')
        {
            _at++;
            var arguments = new List<Quantity> { Sum() };
            while (Peek() == ',')
            {
                _at++;
                arguments.Add(Sum());
            }

            Expect(')');
            return Call(name, arguments);
        }

        return name switch
        {
            "pi" => Quantity.Of(Math.PI),
            "e" => Quantity.Of(Math.E),
            _ when Functions.Contains(name) => throw new ToolException($"'{name}' wants its argument in parentheses, as in {name}(2)."),
            _ => throw Unknown(name, start),
        };
    }

    private Quantity Call(string name, List<Quantity> arguments) => (name, arguments) switch
    {
        ("sqrt", [var x]) => Quantity.Sqrt(x),
        ("abs", [var x]) => Quantity.Abs(x),
        ("round", [var x]) => Quantity.Round(x, 0),
        ("round", [var x, var digits]) => Quantity.Round(x, Digits(digits)),
        ("floor", [var x]) => Quantity.Floor(x),
        ("ceil", [var x]) => -Quantity.Floor(-x),
        ("min", _) => arguments.Aggregate((a, b) => Quantity.Compare(a, b) <= 0 ? a : b),
        ("max", _) => arguments.Aggregate((a, b) => Quantity.Compare(a, b) >= 0 ? a : b),
        ("ln", [var x]) => Quantity.Of(Math.Log(Positive(x))),
        ("log", [var x]) => Quantity.Of(Math.Log10(Positive(x))),
        ("sin", [var x]) => Quantity.Of(Math.Sin(x.Near)),
        ("cos", [var x]) => Quantity.Of(Math.Cos(x.Near)),
        ("tan", [var x]) => Quantity.Of(Math.Tan(x.Near)),
        _ when Functions.Contains(name) => throw new ToolException($"'{name}' takes {(name == "round" ? "one or two numbers" : "one number")}, not {arguments.Count}. Write numbers without separators of thousands."),
        _ => throw Unknown(name, _at),
    };

    private static double Positive(Quantity value) =>
        value.Sign > 0 ? value.Near : throw new ToolException("There is no logarithm of zero or of a negative number.");

    private static int Digits(Quantity digits) =>
        digits.IsWhole && Quantity.Abs(digits).Near <= MostPlaces ? (int)digits.Near : throw new ToolException($"'round' takes a whole number of digits up to {MostPlaces}.");

    // The next character that counts, which _at then stands at; signs as people type them are the plain ones.
    private char Peek()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }

        return _at >= _text.Length ? '\0' : _text[_at] switch
        {
            '×' or '·' or '⋅' => '*',
            '÷' => '/',
            '−' or '–' => '-',
            '[' => '(',
            ']' => ')',
            // A real zero in the text is no end.
            '\0' => '\u0001',
            var other => other,
        };
    }

    // The letters at the place that Peek stands at.
    private string Word()
    {
        var end = _at;
        while (end < _text.Length && char.IsAsciiLetter(_text[end]))
        {
            end++;
        }

        return _text[_at..end].ToLowerInvariant();
    }

    private void Enter()
    {
        if (++_depth > MostDepth)
        {
            throw new ToolException($"The expression is nested deeper than {MostDepth} levels. Compute it in parts.");
        }
    }

    private void Expect(char closing)
    {
        if (Peek() != closing)
        {
            throw Unexpected();
        }

        _at++;
    }

    private ToolException Unexpected() => Peek() switch
    {
        '\0' => new ToolException("The expression ends too early: a number or a parenthesis is missing."),
        ',' => new ToolException("A comma stands where none belongs. Write numbers without separators of thousands: 4310, not 4,310."),
        _ => new ToolException($"'{(char.IsSurrogate(_text[_at]) ? "�" : _text[_at])}' at character {_at + 1} is not understood. Use numbers, + - * / % ^, parentheses, pi, e and {string.Join(" ", Functions)}."),
    };

    private static ToolException Unknown(string name, int at) =>
        new($"'{(name.Length > 32 ? name[..32] : name)}' near character {at + 1} is no constant and no function. There are: pi, e, {string.Join(", ", Functions)}.");
}
