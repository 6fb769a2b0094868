using System.Globalization;
using System.Numerics;

namespace ChatApp.Tools.BuiltIn;

/// <summary>A number of the calculator: a fraction, which is exact, or a <see cref="double"/> where a result has no fraction or one too long.</summary>
internal readonly record struct Quantity
{
    // Past it numbers are kept as doubles, so that no expression takes long.
    private const int MostBits = 4096;
    private const int MostExactDigits = 28;

    private readonly BigInteger _over;
    private readonly BigInteger _under;
    private readonly double _near;

    private Quantity(BigInteger over, BigInteger under, double near) => (_over, _under, _near) = (over, under, near);

    /// <summary>Whether it is a fraction.</summary>
    public bool IsExact => !_under.IsZero;

    /// <summary>Whether it is a whole number, and exact.</summary>
    public bool IsWhole => _under.IsOne;

    public bool IsZero => IsExact ? _over.IsZero : _near == 0;

    public int Sign => IsExact ? _over.Sign : Math.Sign(_near);

    /// <summary>Its value as a <see cref="double"/>; infinite where it is too large for one.</summary>
    public double Near
    {
        get
        {
            if (!IsExact)
            {
                return _near;
            }

            // Each is brought down to what a double holds, so that large over large is no infinity over infinity.
            var (over, under) = (Excess(_over), Excess(_under));
            return Math.ScaleB((double)(_over >> over) / (double)(_under >> under), over - under);

            static int Excess(BigInteger number) => (int)Math.Max(0, number.GetBitLength() - 500);
        }
    }

    public static Quantity Of(BigInteger whole) => Fraction(whole, BigInteger.One);

    /// <exception cref="ToolException">It is no number, or too large for one.</exception>
    public static Quantity Of(double near) => double.IsNaN(near)
        ? throw new ToolException("That has no real result, such as the square root of a negative number.")
        : double.IsInfinity(near) ? throw TooLarge() : new Quantity(BigInteger.Zero, BigInteger.Zero, near);

    /// <summary>The fraction of two whole numbers, of which the second is not 0.</summary>
    public static Quantity Fraction(BigInteger over, BigInteger under)
    {
        var common = BigInteger.GreatestCommonDivisor(over, under);
        (over, under) = under.Sign < 0 ? (-over / common, -under / common) : (over / common, under / common);
        var exact = new Quantity(over, under, 0);
        return Math.Max(over.GetBitLength(), under.GetBitLength()) <= MostBits ? exact : Of(exact.Near);
    }

    public static Quantity operator -(Quantity a) => a.IsExact ? new Quantity(-a._over, a._under, 0) : Of(-a._near);

    public static Quantity operator +(Quantity a, Quantity b) =>
        a.IsExact && b.IsExact ? Fraction((a._over * b._under) + (b._over * a._under), a._under * b._under) : Of(a.Near + b.Near);

    public static Quantity operator -(Quantity a, Quantity b) => a + -b;

    public static Quantity operator *(Quantity a, Quantity b) =>
        a.IsExact && b.IsExact ? Fraction(a._over * b._over, a._under * b._under) : Of(a.Near * b.Near);

    public static Quantity operator /(Quantity a, Quantity b) =>
        b.IsZero ? throw DividedByZero() : a.IsExact && b.IsExact ? Fraction(a._over * b._under, a._under * b._over) : Of(a.Near / b.Near);

    /// <summary>The remainder, with the sign of the first, as in most programming languages.</summary>
    public static Quantity operator %(Quantity a, Quantity b)
    {
        if (b.IsZero)
        {
            throw DividedByZero();
        }

        return a.IsExact && b.IsExact
            ? Fraction(BigInteger.Remainder(a._over * b._under, b._over * a._under), a._under * b._under)
            : Of(a.Near % b.Near);
    }

    public static Quantity Pow(Quantity value, Quantity exponent)
    {
        if (value.IsZero && exponent.Sign < 0)
        {
            throw DividedByZero();
        }

        if (value.IsExact && exponent.IsWhole && BigInteger.Abs(exponent._over) <= MostBits)
        {
            var times = (int)BigInteger.Abs(exponent._over);
            if (Math.Max(value._over.GetBitLength(), value._under.GetBitLength()) * times <= MostBits)
            {
                var (over, under) = (BigInteger.Pow(value._over, times), BigInteger.Pow(value._under, times));
                return exponent.Sign < 0 ? Fraction(under, over) : Fraction(over, under);
            }
        }

        return Of(Math.Pow(value.Near, exponent.Near));
    }

    public static Quantity Sqrt(Quantity value) =>
        value is { IsExact: true, Sign: >= 0 } && Root(value._over) is { } over && Root(value._under) is { } under ? Fraction(over, under) : Of(Math.Sqrt(value.Near));

    public static Quantity Abs(Quantity value) => value.Sign < 0 ? -value : value;

    public static Quantity Floor(Quantity value) => Shown(value) is { IsExact: true } shown ? Of(FloorDivide(shown._over, shown._under)) : value;

    /// <summary>To so many digits behind the point, a half away from zero.</summary>
    public static Quantity Round(Quantity value, int digits)
    {
        value = Shown(value);
        if (!value.IsExact)
        {
            return value;
        }

        var scale = BigInteger.Pow(10, Math.Abs(digits));
        var scaled = digits >= 0 ? Fraction(value._over * scale, value._under) : Fraction(value._over, value._under * scale);
        var rounded = FloorDivide((BigInteger.Abs(scaled._over) * 2) + scaled._under, scaled._under * 2) * scaled.Sign;
        return digits >= 0 ? Fraction(rounded, scale) : Of(rounded * scale);
    }

    public static int Compare(Quantity a, Quantity b) =>
        a.IsExact && b.IsExact ? (a._over * b._under).CompareTo(b._over * a._under) : a.Near.CompareTo(b.Near);

    /// <summary>As text, with a point: exact where it has an end, otherwise to 28 digits; to 15 where it is no fraction.</summary>
    public override string ToString()
    {
        if (!IsExact)
        {
            return (_near == 0 ? 0 : _near).ToString("G15", CultureInfo.InvariantCulture);
        }

        if (IsWhole)
        {
            return _over.ToString(CultureInfo.InvariantCulture);
        }

        // As many digits behind the point as it takes; 28 that count where it never ends.
        var whole = BigInteger.Abs(_over / _under);
        var size = whole.IsZero ? 1 - (int)Math.Ceiling(BigInteger.Log10(_under) - BigInteger.Log10(BigInteger.Abs(_over))) : whole.ToString(CultureInfo.InvariantCulture).Length;
        var places = Places() ?? Math.Max(1, MostExactDigits - size);
        var scale = BigInteger.Pow(10, places);
        var digits = FloorDivide((BigInteger.Abs(_over) * scale * 2) + _under, _under * 2).ToString(CultureInfo.InvariantCulture).PadLeft(places + 1, '0');
        var text = $"{(_over.Sign < 0 ? "-" : "")}{digits.AsSpan(..^places)}.{digits.AsSpan(^places..).TrimEnd('0')}";
        return text.TrimEnd('.');
    }

    // How many digits behind the point it has; null where they never end, or are more than anybody reads.
    private int? Places()
    {
        var (rest, twos, fives) = (_under, 0, 0);
        while (rest.IsEven)
        {
            (rest, twos) = (rest / 2, twos + 1);
        }

        while (BigInteger.Remainder(rest, 5).IsZero)
        {
            (rest, fives) = (rest / 5, fives + 1);
        }

        return rest.IsOne && Math.Max(twos, fives) <= 100 ? Math.Max(twos, fives) : null;
    }

    // The 15 digits that are shown of a double decide, not what a double makes of them: round(2.675 * cos(0), 2), floor(sqrt(3) * sqrt(3)).
    // One that has none of them behind the point stays what it is.
    private static Quantity Shown(Quantity value)
    {
        if (value.IsExact || Math.Abs(value._near) >= 1e15)
        {
            return value;
        }

        // -1.73205080756888E+000
        var text = value._near.ToString("E14", CultureInfo.InvariantCulture);
        var exponent = int.Parse(text.AsSpan(text.IndexOf('E', StringComparison.Ordinal) + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) - 14;
        var digits = BigInteger.Parse(text[..text.IndexOf('E', StringComparison.Ordinal)].Replace(".", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return exponent > 0 ? Of(digits * BigInteger.Pow(10, exponent)) : Fraction(digits, BigInteger.Pow(10, -exponent));
    }

    private static BigInteger FloorDivide(BigInteger a, BigInteger b)
    {
        var quotient = BigInteger.DivRem(a, b, out var rest);
        return rest.Sign < 0 ? quotient - 1 : quotient;
    }

    // Newton's way down from above; null where there is no whole root.
    private static BigInteger? Root(BigInteger square)
    {
        if (square.IsZero)
        {
            return square;
        }

        var root = BigInteger.One << (int)((square.GetBitLength() + 1) / 2);
        for (BigInteger next; (next = (root + (square / root)) >> 1) < root; root = next)
        {
            // Closer each time.
        }

        return root * root == square ? root : null;
    }

    private static ToolException DividedByZero() => new("That divides by zero, which has no result.");

    private static ToolException TooLarge() => new("The result is too large: numbers go up to about 1.8e308.");
}
