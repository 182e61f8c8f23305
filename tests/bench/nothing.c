/* SPDX-License-Identifier: ISC */
/* The program that does nothing, for what it costs to start one. */
int main(void)
{
    return 0;
}
